import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  NamespaceNotFoundError,
} from '@temporalio/client';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { getGrpcStatusDetails, rethrowKnownErrorTypes } from '../../src/official.ts';
import * as errors from '../../src/runtime/errors.ts';

describe('errors of RPCs', () => {
  it('are what the official client takes for gRPC errors', () => {
    const error = errors.notFound('gone');
    expect(isGrpcServiceError(error)).toBe(true);
    expect(error).toMatchObject({ code: 5, details: 'gone', message: '5 NOT_FOUND: gone' });
    expect(isGrpcDeadlineError(errors.deadlineExceeded())).toBe(true);
    expect(isGrpcCancelledError(errors.cancelled())).toBe(true);
  });

  it('carry the namespace that the client puts into its own error', () => {
    expect(() => rethrowKnownErrorTypes(errors.namespaceNotFound('nowhere'))).toThrow(NamespaceNotFoundError);
  });

  it('carry the run that is in the way of a start', () => {
    const existing = { runId: 'run', startRequestId: 'request' };
    const error = errors.workflowAlreadyStarted('running', 'wf', existing);
    const [detail] = getGrpcStatusDetails(error) ?? [];
    expect(error.details).toBe('Workflow execution is already running. WorkflowId: wf, RunId: run.');
    expect(detail?.type_url).toBe(
      'type.googleapis.com/temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure',
    );
    const decoded = proto.temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure.decode(
      detail?.value ?? new Uint8Array(),
    );
    expect(decoded).toMatchObject(existing);
  });

  it('survive the way through a status', () => {
    const error = errors.queryFailed('no such query', { message: 'no such query', source: 'test' });
    const again = errors.fromStatus(errors.toStatus(error));
    expect(again).toMatchObject({ code: error.code, details: error.details });
    expect(getGrpcStatusDetails(again)).toEqual(getGrpcStatusDetails(error));
    expect(errors.toStatus(new Error('boom'))).toEqual({ code: 13, message: 'boom', details: [] });
  });

  it('of several operations are led by the first that failed by itself', () => {
    const error = errors.multiOperation(['aborted', errors.notFound('no such update')]);
    expect(error.code).toBe(5);
    expect(() => rethrowKnownErrorTypes(error)).toThrow(expect.objectContaining({ message: 'no such update' }));
  });
});

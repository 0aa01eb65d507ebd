import { Client, isGrpcCancelledError, isGrpcDeadlineError, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it, vi } from 'vitest';
import { createConnection, backendOf } from '../../src/runtime/connection.ts';
import { notFound, unavailable } from '../../src/runtime/errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../../src/runtime/service.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { extractNativeClient, extractReferenceHolders } from '../../src/official.ts';

const EventType = proto.temporal.api.enums.v1.EventType;

function connectionTo(stub: Partial<WorkflowServiceApi>): ReturnType<typeof createConnection> {
  return createConnection(stub as WorkflowServiceApi);
}

function untilAborted(options?: CallOptions): Promise<never> {
  return new Promise((_, reject) => {
    options?.signal?.addEventListener('abort', () => reject(new Error('late')));
  });
}

describe('a connection of ours', () => {
  it('serves the official client', async () => {
    const client = new Client({
      connection: connectionTo({
        startWorkflowExecution: async (request) => ({ runId: `run of ${request.workflowId}`, started: true }),
        getWorkflowExecutionHistory: async () => ({
          history: {
            events: [
              {
                eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
                workflowExecutionCompletedEventAttributes: {
                  result: { payloads: [defaultPayloadConverter.toPayload('done')] },
                },
              },
            ],
          },
        }),
        describeWorkflowExecution: async () => {
          throw notFound('nothing here');
        },
      }),
    });
    const handle = await client.workflow.start('any', { taskQueue: 'q', workflowId: 'wf' });
    expect(handle.firstExecutionRunId).toBe('run of wf');
    await expect(handle.result()).resolves.toBe('done');
    await expect(handle.describe()).rejects.toThrow(WorkflowNotFoundError);
  });

  it('copies requests and responses', async () => {
    const workflowExecution = { workflowId: 'wf', runId: 'run' };
    const seen: unknown[] = [];
    const connection = connectionTo({
      resetWorkflowExecution: async (request) => {
        seen.push(request.workflowExecution);
        return { runId: 'new' };
      },
    });
    await connection.workflowService.resetWorkflowExecution({ workflowExecution });
    expect(seen[0]).toMatchObject(workflowExecution);
    expect(seen[0]).not.toBe(workflowExecution);
  });

  it('ends calls at their deadline and on abort, and tells the callee', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const connection = connectionTo({
      getWorkflowExecutionHistory: (_request, options) => {
        signals.push(options?.signal);
        return untilAborted(options);
      },
    });
    const poll = (): Promise<unknown> => connection.workflowService.getWorkflowExecutionHistory({});
    const late = await connection.withDeadline(Date.now() + 5, poll).catch((error: unknown) => error);
    expect(isGrpcDeadlineError(late)).toBe(true);
    const aborted = await connection.withAbortSignal(AbortSignal.timeout(5), poll).catch((error: unknown) => error);
    expect(isGrpcCancelledError(aborted)).toBe(true);
    const before = await connection.withAbortSignal(AbortSignal.abort(), poll).catch((error: unknown) => error);
    expect(isGrpcCancelledError(before)).toBe(true);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it('tries again what may work the next time', async () => {
    const getSystemInfo = vi.fn<WorkflowServiceApi['getSystemInfo']>();
    getSystemInfo.mockRejectedValueOnce(unavailable('not yet')).mockResolvedValue({ serverVersion: '1' });
    const connection = connectionTo({ getSystemInfo });
    await expect(connection.workflowService.getSystemInfo({})).resolves.toMatchObject({ serverVersion: '1' });
    expect(getSystemInfo).toHaveBeenCalledTimes(2);
  });

  it('names what it does not have', async () => {
    const connection = connectionTo({});
    await expect(connection.workflowService.createSchedule({})).rejects.toMatchObject({
      code: 12,
      details: expect.stringContaining('CreateSchedule'),
    });
    await expect(connection.operatorService.addSearchAttributes({})).rejects.toMatchObject({ code: 12 });
    await expect(connection.healthService.check({})).resolves.toMatchObject({ status: 1 });
    expect(connection.testService).toBeUndefined();
  });

  it('reports a bug behind it as INTERNAL with its cause', async () => {
    const connection = connectionTo({
      getSystemInfo: async () => {
        throw new TypeError('oops');
      },
    });
    await expect(connection.workflowService.getSystemInfo({})).rejects.toMatchObject({
      code: 13,
      cause: new TypeError('oops'),
    });
  });

  it('ends what is under way when it is closed', async () => {
    const connection = connectionTo({ getWorkflowExecutionHistory: (_request, options) => untilAborted(options) });
    const polling = connection.workflowService.getWorkflowExecutionHistory({});
    await connection.close();
    await expect(polling).rejects.toMatchObject({ code: 14, details: 'The connection is closed' });
  });

  it('has what the official worker looks for', async () => {
    const service = {} as WorkflowServiceApi;
    const [one, two] = [createConnection(service), createConnection(service)];
    const asNative = (connection: unknown): Parameters<typeof extractNativeClient>[0] => connection as never;
    expect(extractNativeClient(asNative(one))).not.toBe(extractNativeClient(asNative(two)));
    expect(backendOf(one)).toMatchObject({ service, clock: systemClock });
    expect(backendOf(extractNativeClient(asNative(two)))?.service).toBe(service);
    expect(backendOf({})).toBeUndefined();
    extractReferenceHolders(asNative(one)).add({} as never);
    await expect(one.close()).rejects.toThrow('Workers hold a reference');
    await two.close();
    await expect(two.workflowService.getSystemInfo({})).rejects.toMatchObject({ code: 14 });
  });
});

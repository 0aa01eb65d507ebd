import { expectTypeOf, test } from 'vitest';
import type { MethodName, RequestOf, ResponseOf, WorkflowServiceApi } from '../../src/runtime/service.ts';

test('every RPC of the service is a method', () => {
  expectTypeOf<'startWorkflowExecution'>().toExtend<MethodName>();
  expectTypeOf<'pollWorkflowTaskQueue'>().toExtend<MethodName>();
  expectTypeOf<'create'>().not.toExtend<MethodName>();
});

test('requests and responses are plain messages', () => {
  expectTypeOf<RequestOf<'startWorkflowExecution'>['workflowId']>().toEqualTypeOf<string | null | undefined>();
  expectTypeOf<ResponseOf<'startWorkflowExecution'>['runId']>().toEqualTypeOf<string | null | undefined>();
  expectTypeOf<ResponseOf<'startWorkflowExecution'>>().not.toHaveProperty('toJSON');
});

test('a call may be ended by a signal', () => {
  expectTypeOf<WorkflowServiceApi['pollWorkflowTaskQueue']>()
    .parameter(1)
    .toEqualTypeOf<{ readonly signal?: AbortSignal; readonly isGone?: () => boolean } | undefined>();
});

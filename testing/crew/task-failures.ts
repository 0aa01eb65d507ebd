import { WorkflowTaskFailedCause } from '../../src/core/proto.ts';
import { grpcStatus, hasCode } from '../../src/runtime/errors.ts';
import type { RequestOf, WorkflowServiceApi } from '../../src/runtime/service.ts';
import { overlay } from './overlay.ts';

/** Causes that are part of ordinary life: the task is simply done again. */
const HARMLESS: readonly number[] = [
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE,
];

interface Execution {
  readonly workflowId?: string | null;
  readonly runId?: string | null;
}

/**
 * A service that ends runs whose workflow code fails. Elsewhere such a task is tried again until a worker with better code comes; in a test none
 * comes, and the test would hang.
 * @param onFailure told of each run, and why it was ended.
 */
export function endFailingRuns(
  service: WorkflowServiceApi,
  onFailure: (workflowId: string, reason: string) => void,
): WorkflowServiceApi {
  const runs = new Map<string, Execution>();
  const note = (token: Uint8Array | null | undefined, run: Execution | null | undefined): void => {
    if (token?.length && run) runs.set(keyOf(token), run);
  };
  const end = async (
    request: { taskToken?: Uint8Array | null; namespace?: string | null },
    why: string,
  ): Promise<void> => {
    const run = runs.get(keyOf(request.taskToken ?? new Uint8Array()));
    const workflowId = run?.workflowId ?? '';
    const reason = `The workflow's code failed: ${why}`;
    onFailure(workflowId, reason);
    if (run === undefined) return;
    const namespace = request.namespace ?? '';
    await service
      .terminateWorkflowExecution({ namespace, workflowExecution: run, reason, identity: 'perdure.testing' })
      // It is over already.
      .catch(() => undefined);
  };
  return overlay(service, {
    async pollWorkflowTaskQueue(request, options) {
      const task = await service.pollWorkflowTaskQueue(request, options);
      note(task.taskToken, task.workflowExecution);
      return task;
    },
    async respondWorkflowTaskCompleted(request, options) {
      try {
        const response = await service.respondWorkflowTaskCompleted(request, options);
        note(response.workflowTask?.taskToken, response.workflowTask?.workflowExecution);
        return response;
      } catch (error) {
        if (hasCode(error, grpcStatus.INVALID_ARGUMENT) && error.details !== 'UnhandledCommand')
          await end(request, error.details);
        throw error;
      }
    },
    async respondWorkflowTaskFailed(request, options) {
      const response = await service.respondWorkflowTaskFailed(request, options);
      if (!HARMLESS.includes(request.cause ?? 0)) await end(request, reasonOf(request));
      return response;
    },
  });
}

function reasonOf({ failure, cause }: RequestOf<'respondWorkflowTaskFailed'>): string {
  const stack = (failure?.stackTrace ?? '').split('\n').slice(0, 4).join('\n');
  return `${failure?.message ?? `cause ${cause}`}${stack && `\n${stack}`}`;
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token).toString('base64');
}

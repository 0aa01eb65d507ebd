import type { temporal } from '@temporalio/proto';
import { CommandType } from '../../src/core/proto.ts';
import type { Command } from '../../src/core/proto.ts';
import { grpcStatusName } from './rpc.ts';
import type { Refusal } from './rpc.ts';
import type { ScenarioContext } from './scenario.ts';

type Answer = temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest;
type Task = temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse;

/** Takes the next workflow task of a task queue by hand. */
export async function takeTask(t: ScenarioContext, taskQueue: string = t.taskQueue): Promise<Task> {
  for (;;) {
    const poll = { namespace: t.namespace, taskQueue: { name: taskQueue }, identity: 'by hand' };
    // Servers take no long poll without a deadline.
    const task = await t.client.withDeadline(Date.now() + 30_000, () => t.raw.pollWorkflowTaskQueue(poll));
    if (task.taskToken.length > 0) return task;
  }
}

/** Answers a workflow task by hand. @returns what it was refused with; `undefined` when it was accepted. */
export async function answerTask(t: ScenarioContext, task: Task, answer: Answer): Promise<Refusal | undefined> {
  try {
    await t.raw.respondWorkflowTaskCompleted({
      namespace: t.namespace,
      taskToken: task.taskToken ?? new Uint8Array(),
      identity: 'by hand',
      ...answer,
    });
    return undefined;
  } catch (error) {
    const { code, details } = error as { code?: number; details?: string };
    if (code === undefined) throw error;
    return { code: grpcStatusName(code), details: details ?? '' };
  }
}

/** Fails a workflow task by hand. */
export async function failTask(t: ScenarioContext, { taskToken }: Task): Promise<void> {
  await t.raw.respondWorkflowTaskFailed({ namespace: t.namespace, taskToken: taskToken ?? null, identity: 'by hand' });
}

/** The command by which a run goes on as a new one. */
export function continueAsNew({ taskQueue }: Pick<ScenarioContext, 'taskQueue'>, workflowType: string): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
    continueAsNewWorkflowExecutionCommandAttributes: {
      workflowType: { name: workflowType },
      taskQueue: { name: taskQueue },
    },
  };
}

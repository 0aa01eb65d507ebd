import { randomUUID } from 'node:crypto';
import type { temporal } from '@temporalio/proto';
import type { Backend } from '../../src/runtime/connection.ts';
import { type Command, CommandType, type Failure, type HistoryEvent, toDuration } from '../../src/core/proto.ts';
import type { ResponseOf, WorkflowServiceApi } from '../../src/runtime/service.ts';
import { overlay } from './overlay.ts';

/** The type of the activity in which a mock of a child workflow runs; the workflow's type is the activity's id. */
export const MOCK_ACTIVITY = 'perdure.testing.mockWorkflow';

type Task = ResponseOf<'pollWorkflowTaskQueue'>;

const LONGEST_MS = 24 * 3_600_000;

/**
 * A service on which workflows of some types are played by the test: their tasks never reach a worker's workflow code. Such a workflow
 * calls one activity (`MOCK_ACTIVITY`) with its own arguments, and ends as that activity does.
 */
export function mockWorkflows({ service, clock }: Backend, isMocked: (type: string) => boolean): WorkflowServiceApi {
  return overlay(service, {
    async pollWorkflowTaskQueue(request, options) {
      for (;;) {
        const task = await service.pollWorkflowTaskQueue(request, options);
        const type = task.workflowType?.name ?? '';
        if (!task.taskToken?.length || !isMocked(type)) return task;
        const release = clock.hold('workflowTask');
        try {
          await answer(service, task, { namespace: request.namespace ?? '', taskQueue: request.taskQueue?.name ?? '' });
        } finally {
          release();
        }
      }
    },
  });
}

async function answer(
  service: WorkflowServiceApi,
  task: Task,
  place: { readonly namespace: string; readonly taskQueue: string },
): Promise<void> {
  const events = task.history?.events ?? [];
  await service.respondWorkflowTaskCompleted({
    namespace: place.namespace,
    identity: 'perdure.testing',
    taskToken: task.taskToken ?? new Uint8Array(),
    commands: commandsFor(events, task.workflowType?.name ?? '', place.taskQueue),
  });
}

function commandsFor(events: readonly HistoryEvent[], type: string, taskQueue: string): Command[] {
  for (const event of events) {
    const ending = endingFor(event);
    if (ending !== undefined) return [ending];
  }
  if (events.some((event) => event.workflowExecutionCancelRequestedEventAttributes))
    return [
      { commandType: CommandType.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, cancelWorkflowExecutionCommandAttributes: {} },
    ];
  // Something else woke it, a signal for example: it goes on.
  if (events.some((event) => event.activityTaskScheduledEventAttributes)) return [];
  const input = events[0]?.workflowExecutionStartedEventAttributes?.input ?? null;
  return [
    {
      commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
      scheduleActivityTaskCommandAttributes: {
        activityId: `${type}/${randomUUID()}`,
        activityType: { name: MOCK_ACTIVITY },
        taskQueue: { name: taskQueue },
        input,
        startToCloseTimeout: toDuration(LONGEST_MS),
        retryPolicy: { maximumAttempts: 1 },
      },
    },
  ];
}

function endingFor(event: HistoryEvent): Command | undefined {
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed)
    return {
      commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
      completeWorkflowExecutionCommandAttributes: { result: completed.result ?? null },
    };
  const failure =
    event.activityTaskFailedEventAttributes?.failure ?? event.activityTaskTimedOutEventAttributes?.failure;
  return failure ? failWith(failure) : undefined;
}

function failWith(failure: Failure): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
    failWorkflowExecutionCommandAttributes: { failure },
  };
}

/** The type of the workflow that a `MOCK_ACTIVITY` plays. */
export function mockedType(activityId: string): string {
  return activityId.slice(0, activityId.lastIndexOf('/'));
}

/** What a history begins with. */
export function workflowTypeOf(history: temporal.api.history.v1.IHistory): string {
  return history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
}

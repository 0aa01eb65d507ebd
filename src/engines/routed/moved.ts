import type { LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { ContinueAsNewInitiator, EventType, type HistoryEvent } from '../../core/proto.ts';
import { readMemo } from './rules.ts';

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** Memo field of a run that was moved here, as `perdure migrate` sets it. */
export const MOVED_MEMO = 'perdure.movedFrom';

/** Events as those read them who follow a run: one that was moved to another engine went on there as a new one. */
export function followMoves(events: readonly HistoryEvent[]): HistoryEvent[] {
  return events.map((event) => {
    const newRunId = movedTo(event);
    if (newRunId === undefined) return event;
    const { eventId, eventTime, taskId, version } = event;
    return {
      eventId: eventId ?? null,
      eventTime: eventTime ?? null,
      taskId: taskId ?? null,
      version: version ?? null,
      eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
      workflowExecutionContinuedAsNewEventAttributes: {
        newExecutionRunId: newRunId,
        initiator: ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW,
      },
    };
  });
}

/** The run that a run goes on as elsewhere, when it has ended by being moved. */
function movedTo({ workflowExecutionTerminatedEventAttributes: end }: HistoryEvent): string | undefined {
  const data = end?.details?.payloads?.[0]?.data;
  if (!data?.length) return undefined;
  try {
    const { movedTo: there } = JSON.parse(Buffer.from(data).toString()) as {
      readonly movedTo?: { readonly runId?: unknown };
    };
    return typeof there?.runId === 'string' ? there.runId : undefined;
  } catch {
    // Whoever has terminated it said something else.
    return undefined;
  }
}

/** Whether a run goes on with a chain that began as this run on another engine. */
export async function isMovedFrom(
  info: ExecutionInfo | null | undefined,
  firstRunId: string,
  converter: LoadedDataConverter,
  namespace: string,
): Promise<boolean> {
  const from = await readMemo(MOVED_MEMO, info?.memo, converter, {
    type: 'workflow',
    namespace,
    workflowId: info?.execution?.workflowId ?? '',
  });
  return (from as { readonly firstRunId?: unknown } | undefined)?.firstRunId === firstRunId;
}

import type { temporal } from '@temporalio/proto';
import { durationMs, EventType, toLong, toNumber } from '../proto.ts';
import type { PendingTimer } from '../record.ts';
import type { EventAttributes, RunDraft } from './draft.ts';
import { scheduleWorkflowTask } from './workflow-task.ts';

/** Starts a timer. @returns false, with nothing done, when one with this id is pending. */
export function startTimer(
  draft: RunDraft,
  command: temporal.api.command.v1.IStartTimerCommandAttributes,
  taskCompletedId: number,
  extra: EventAttributes = {},
): boolean {
  const timerId = command.timerId ?? '';
  if (draft.record.timers.has(timerId)) return false;
  const { id } = draft.append(EventType.EVENT_TYPE_TIMER_STARTED, {
    ...extra,
    timerStartedEventAttributes: {
      timerId,
      startToFireTimeout: command.startToFireTimeout ?? null,
      workflowTaskCompletedEventId: toLong(taskCompletedId),
    },
  });
  const fireAt = draft.now + durationMs(command.startToFireTimeout);
  draft.record.timers.set(timerId, { timerId, startedEventId: id, fireAt });
  return true;
}

/** The timer's time has come. */
export function fireTimer(draft: RunDraft, timer: PendingTimer): void {
  draft.record.timers.delete(timer.timerId);
  draft.happen(EventType.EVENT_TYPE_TIMER_FIRED, {
    timerFiredEventAttributes: { timerId: timer.timerId, startedEventId: toLong(timer.startedEventId) },
  });
  scheduleWorkflowTask(draft);
}

/**
 * Cancels a timer. One that has fired in the meantime, but which the workflow has not seen firing, is cancelled all the same: its event leaves the
 * inbox. @returns false, with nothing done, when there is no such timer.
 */
export function cancelTimer(draft: RunDraft, timerId: string, taskCompletedId: number, identity: string): boolean {
  const startedEventId = draft.record.timers.get(timerId)?.startedEventId ?? takeBufferedFire(draft, timerId);
  if (startedEventId === undefined) return false;
  draft.record.timers.delete(timerId);
  draft.append(EventType.EVENT_TYPE_TIMER_CANCELED, {
    timerCanceledEventAttributes: {
      timerId,
      startedEventId: toLong(startedEventId),
      workflowTaskCompletedEventId: toLong(taskCompletedId),
      identity,
    },
  });
  return true;
}

function takeBufferedFire(draft: RunDraft, timerId: string): number | undefined {
  const { buffered } = draft.record;
  const index = buffered.findIndex((event) => event.timerFiredEventAttributes?.timerId === timerId);
  if (index === -1) return undefined;
  const [fired] = buffered.splice(index, 1);
  return toNumber(fired?.timerFiredEventAttributes?.startedEventId);
}

import type { temporal } from '@temporalio/proto';
import { ContinueAsNewInitiator, toDuration } from '../proto.ts';
import { parseCron } from './schedule.ts';

/** What `WorkflowExecutionStarted` says of a run's cron schedule. */
type CronStart = Pick<
  temporal.api.history.v1.IWorkflowExecutionStartedEventAttributes,
  'cronSchedule' | 'initiator' | 'firstWorkflowTaskBackoff'
>;

/** How the first run of a chain with this schedule begins: at the first of its times. Nothing without a schedule. */
export function cronStart(cronSchedule: string | null | undefined, now: number): CronStart {
  if (!cronSchedule) return {};
  return {
    cronSchedule,
    initiator: ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE,
    firstWorkflowTaskBackoff: toDuration(cronBackoff(cronSchedule, now, now) ?? 0),
  };
}

/** Why a workflow cannot have this cron schedule, in the words of a Temporal server; `undefined` when it can, or has none. */
export function cronProblem(text: string | null | undefined, now: number): string | undefined {
  if (!text) return undefined;
  const schedule = parseCron(text);
  if (schedule === undefined) return 'invalid CronSchedule.';
  if (schedule.next(now) !== undefined) return undefined;
  return 'invalid CronSchedule, no time can be found to satisfy the schedule';
}

/**
 * How long the next run of a cron workflow waits before its first task: until the first time of its schedule that is not over, rounded up to whole
 * seconds. Milliseconds; `undefined` when there is no next run.
 * @param scheduledTime when the run before was to begin its work; the first run's is its start. Milliseconds since the epoch, as `now`.
 */
export function cronBackoff(text: string, scheduledTime: number, now: number): number | undefined {
  const schedule = text === '' ? undefined : parseCron(text);
  // Times that passed while the run before was at work, or nobody was there, are left out.
  const next = now < scheduledTime ? scheduledTime : schedule?.next(scheduledTime, now);
  return schedule === undefined || next === undefined ? undefined : Math.ceil((next - now) / 1000) * 1000;
}

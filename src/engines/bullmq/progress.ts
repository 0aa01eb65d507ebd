import type { RunRecord } from '../../core/record.ts';
import { isPaused } from '../../core/run/paused.ts';

/** Longest list of what a run waits for. */
const MOST = 5;

/**
 * What the job of a run shows as its progress, as of the last time that the run came to rest: `Queue.getJob(id).progress`, and events of that name. For
 * people; nothing depends on it.
 */
export interface RunProgress {
  /** Events in the run's history. */
  readonly events: number;
  /** What it waits for, such as `activity charge, attempt 3`, `child billing`, `timer` or `messages`; at most 5 things. */
  readonly waitsFor: readonly string[];
  /** How many more there are. Left out: none. */
  readonly andMore?: number;
  /** How often in a row its workflow task has failed. Left out: the last one went well. */
  readonly failedTasks?: number;
}

/** What there is to show; `undefined` while a worker has something to do, and once nothing is to come. */
export function runProgress(record: RunRecord): RunProgress | undefined {
  const { closeTime, workflowTask, workflowTaskAttempt, nextEventId } = record;
  if (closeTime !== undefined) return undefined;
  const failedTasks = workflowTaskAttempt - 1;
  const isAtRest = workflowTask === undefined || isPaused(record);
  if (!isAtRest && failedTasks < 1) return undefined;
  const all = isAtRest ? waits(record) : ['workflow task'];
  const waitsFor = all.slice(0, MOST);
  return {
    events: nextEventId - 1,
    waitsFor,
    ...(all.length > MOST ? { andMore: all.length - MOST } : {}),
    ...(failedTasks > 0 ? { failedTasks } : {}),
  };
}

function waits(record: RunRecord): string[] {
  const { activities, children, timers, previousStartedEventId } = record;
  if (record.schedule !== undefined) return ['its next time'];
  if (isPaused(record)) return ['being resumed'];
  if (previousStartedEventId === 0) return ['its start'];
  const all = [
    ...Array.from(activities.values(), ({ activityType, attempt }) =>
      attempt > 1 ? `activity ${activityType}, attempt ${attempt}` : `activity ${activityType}`,
    ),
    ...Array.from(children.values(), ({ workflowType }) => `child ${workflowType}`),
    ...Array.from(timers.keys(), () => 'timer'),
  ];
  return all.length > 0 ? all : ['messages'];
}

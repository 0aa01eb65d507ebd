import type { temporal } from '@temporalio/proto';
import type { PendingActivity, RunRecord } from '../record.ts';
import { DEFAULT_PRIORITY, LAST_PRIORITY, mergePriorities } from './priority.ts';

/** When a task's turn comes among others that wait in the same queue. */
export interface Turn {
  /** From 1, which goes first, to 5. */
  readonly priority: number;
  /** Those of one priority share workers by these keys; most have the empty one. */
  readonly fairnessKey: string;
  /** The share of its key, relative to those of others. */
  readonly fairnessWeight: number;
  /** Before all others of its priority, as with queries: who asked waits for the answer. Default: no. */
  readonly goesAhead?: boolean;
}

/** Of tasks that ask for nothing. */
export const DEFAULT_TURN: Turn = { priority: DEFAULT_PRIORITY, fairnessKey: '', fairnessWeight: 1 };

/** The smallest weight; smaller ones count as this one, as on a Temporal server. */
const LEAST_WEIGHT = 0.001;

/** The turn of a run's workflow task, or that of its activity, which inherits what it does not ask for itself. */
export function turnOf(record: Pick<RunRecord, 'priority'>, activity?: Pick<PendingActivity, 'priority'>): Turn {
  const priority = mergePriorities(record.priority, activity?.priority);
  return priority === null ? DEFAULT_TURN : turnBy(priority);
}

function turnBy({ priorityKey, fairnessKey, fairnessWeight }: temporal.api.common.v1.IPriority): Turn {
  const weight = fairnessWeight ?? 0;
  return {
    priority: Math.min(priorityKey || DEFAULT_PRIORITY, LAST_PRIORITY),
    fairnessKey: fairnessKey ?? '',
    fairnessWeight: weight > 0 ? Math.max(weight, LEAST_WEIGHT) : 1,
  };
}

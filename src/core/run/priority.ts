import type { temporal } from '@temporalio/proto';

type Priority = temporal.api.common.v1.IPriority;

/** Of runs and activities that ask for none; 1 goes first. */
export const DEFAULT_PRIORITY = 3;
/** The last one that there is; higher numbers count as this one, as on a Temporal server. */
export const LAST_PRIORITY = 5;

/** Bytes of a fairness key, at most. */
const longestKey = 64;

/** What is asked for, and what is inherited where nothing is. */
export function mergePriorities(
  inherited: Priority | null | undefined,
  asked: Priority | null | undefined,
): Priority | null {
  if (!inherited || !asked) return asked ?? inherited ?? null;
  return {
    priorityKey: asked.priorityKey || inherited.priorityKey || 0,
    fairnessKey: asked.fairnessKey || inherited.fairnessKey || '',
    fairnessWeight: asked.fairnessWeight || inherited.fairnessWeight || 0,
  };
}

/** Why a priority is none, in the words of a Temporal server; `undefined` when it is one. */
export function priorityProblem(priority: Priority | null | undefined): string | undefined {
  if ((priority?.priorityKey ?? 0) < 0) return "PriorityKey can't be negative";
  if (new TextEncoder().encode(priority?.fairnessKey ?? '').length > longestKey)
    return 'FairnessKey length exceeds limit';
  if ((priority?.fairnessWeight ?? 0) < 0) return "FairnessWeight can't be negative";
  return undefined;
}

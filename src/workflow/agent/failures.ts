import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
  type TemporalFailure,
} from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import { FAILURE, type Spent } from '../protocol/index.ts';

/** What a sub-agent's failure says beside its message, as the first of its details. */
export interface FailureDetails {
  readonly spent?: Spent;
  /** What could not be undone, and why. */
  readonly notUndone?: readonly string[];
}

const types: ReadonlySet<string> = new Set(Object.values(FAILURE));

/** The reason behind a failed activity or child, in words for a model or a person. */
export function describeFailure(error: unknown): string {
  if (isCancellation(error)) return 'Cancelled.';
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure)
    return error.cause === undefined ? error.message : describeFailure(error.cause);
  if (error instanceof TimeoutFailure) return 'It did not end in time.';
  return error instanceof Error ? error.message : String(error);
}

/** What an activity's failure makes of a run: the same, when its type is one of `FAILURE`; otherwise one of type `otherwise`. */
export function runFailure(error: unknown, otherwise: string): ApplicationFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const known = cause instanceof ApplicationFailure && cause.type != null && types.has(cause.type) ? cause : undefined;
  return ApplicationFailure.create({
    type: known?.type ?? otherwise,
    message: describeFailure(error),
    nonRetryable: known?.nonRetryable ?? false,
    ...(cause instanceof Error ? { cause } : {}),
  });
}

/** What an author's own workflow hears of a tool that has failed: its failure, with the type that the tool gave it. Cancellation stays what it is. */
export function toolFailure(error: TemporalFailure): TemporalFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (isCancellation(error)) return error;
  if (!(cause instanceof ApplicationFailure)) return runFailure(error, FAILURE.toolFailed);
  const { message, nonRetryable, details } = cause;
  return ApplicationFailure.create({
    type: cause.type ?? FAILURE.toolFailed,
    message,
    nonRetryable: nonRetryable ?? false,
    ...(details ? { details } : {}),
    cause,
  });
}

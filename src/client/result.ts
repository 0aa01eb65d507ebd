import { WorkflowFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import type { Json, Spent } from '../workflow/protocol/index.ts';
import { type ClientContext, type RunReference, toRunError } from './context.ts';
import { RunCancelledError, RunFailedError, RunTerminatedError, RunTimedOutError } from './errors.ts';
import { isResult, outputOf } from './events/shapes.ts';

/** What a run came to. */
export interface Outcome<Output = Json> {
  /** Text, or what the agent's output schema says; what the author's own workflow returned. */
  readonly output: Output;
  /** `limit`: a limit ended it, and `output` is what there was. */
  readonly finish: 'complete' | 'limit';
  /** What it has used, its sub-agents included; `undefined` for an author's own workflow. */
  readonly spent: Spent | undefined;
}

/** Waits until a run has ended. @throws what `Run.result` says. */
export async function awaitOutcome({ client }: ClientContext, run: RunReference): Promise<Outcome> {
  const { workflowId } = run;
  let result: unknown;
  try {
    result = await client.workflow.result<never>(workflowId, run.firstRunId);
  } catch (error) {
    throw error instanceof WorkflowFailedError ? failed(workflowId, error) : toRunError(workflowId, error);
  }
  const { finish, spent } = isResult(result) ? result : { finish: 'complete' as const, spent: undefined };
  return { output: outputOf(result), finish, spent };
}

function failed(workflowId: string, error: WorkflowFailedError): Error {
  const options = { cause: error.cause };
  let failure = error.cause;
  if (failure instanceof CancelledFailure) return new RunCancelledError(workflowId, options);
  if (failure instanceof TerminatedFailure) return new RunTerminatedError(workflowId, failure.message, options);
  if (failure instanceof TimeoutFailure) return new RunTimedOutError(workflowId, options);
  // These only say where it happened.
  while ((failure instanceof ActivityFailure || failure instanceof ChildWorkflowFailure) && failure.cause) {
    failure = failure.cause;
  }
  const { type, details } =
    failure instanceof ApplicationFailure ? failure : { type: failure?.name, details: undefined };
  const message = failure?.message ?? error.message;
  return new RunFailedError(workflowId, { type: type ?? 'Error', message, details: details ?? [] }, options);
}

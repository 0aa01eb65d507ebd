import { ApplicationFailure } from '@temporalio/workflow';
import { FAILURE, type Limits } from '../protocol/index.ts';
import type { AgentRun } from './agent-run.ts';
import { awaitOrHandOver } from './hand-over.ts';
import { canExtend, describeLimit, type Budget } from './limits.ts';
import { APPROVAL_TIMEOUT, rejection } from './tool-calls.ts';

/**
 * Lets a run pass that is within its limits. Otherwise it fails, ends, or asks a person, as its agent says.
 * @param mayHandOver whether the next run may take over while a person is asked: everything that this one is about to do has to be carried.
 * @returns the limit that ends it.
 * @throws ApplicationFailure `LimitExceeded`
 */
export async function passLimits(
  run: AgentRun,
  reached: (budget: Budget) => keyof Limits | undefined,
  mayHandOver: boolean,
): Promise<keyof Limits | undefined> {
  const { name, onLimit } = run.definition;
  for (;;) {
    const budget = run.budget;
    const limit = reached(budget);
    if (limit === undefined) return undefined;
    if (onLimit === 'fail')
      throw ApplicationFailure.nonRetryable(
        `The agent ${name} may use ${describeLimit(budget, limit)}, and would need more.`,
        FAILURE.limitExceeded,
      );
    if (onLimit === 'stop' || !canExtend(budget, limit) || !(await mayGoOn(run, limit, mayHandOver))) return limit;
    run.extensions += 1;
  }
}

/** Asks whether the run may use as much again. The time that a person takes to decide does not count. */
async function mayGoOn(run: AgentRun, limit: keyof Limits, mayHandOver: boolean): Promise<boolean> {
  const { waits } = run.session;
  const wait = `limit${run.extensions + 1}`;
  const asked = waits.ask({
    name: wait,
    kind: 'approval',
    message: `The agent ${run.definition.name} has used its ${describeLimit(run.budget, limit)}. May it use as much again?`,
    timeout: APPROVAL_TIMEOUT,
  });
  const since = waits.openedAt(wait) ?? Date.now();
  const outcome = await awaitOrHandOver(run, asked, () => mayHandOver && waits.waiting(wait));
  run.startedAt += Date.now() - since;
  return rejection(outcome) === undefined;
}

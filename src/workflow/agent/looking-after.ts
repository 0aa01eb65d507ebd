import { condition, isCancellation, TemporalFailure } from '@temporalio/workflow';
import type { ChildEnd } from '../protocol/index.ts';
import { lookups } from './activity-options.ts';

/** How often a sub-agent is looked after that the run before this one has started, in milliseconds: at first, and at the least. */
const LOOK_AFTER = { first: 60_000, longest: 3_600_000 };

/** How another run has ended; `null` while it runs, or when that can't be found out now. */
export async function endOf(workflowId: string): Promise<ChildEnd | null> {
  const { 'agent.checkChild': checkChild } = lookups();
  try {
    return await checkChild(workflowId);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    return null;
  }
}

/**
 * Awaits the end of a run that this one did not start: it reports, or is found to have ended without a word.
 * @param onWaiting hears whether there is nothing to do but wait.
 */
export async function lookAfter(
  workflowId: string,
  report: () => ChildEnd | undefined,
  onWaiting: (waiting: boolean) => void,
): Promise<ChildEnd> {
  for (let pause = LOOK_AFTER.first; ; pause = Math.min(pause * 2, LOOK_AFTER.longest)) {
    onWaiting(true);
    await condition(() => report() !== undefined, pause);
    onWaiting(false);
    const end = report() ?? (await endOf(workflowId));
    if (end) return end;
  }
}

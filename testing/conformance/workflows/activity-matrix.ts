import { CancellationScope, isCancellation, setHandler } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import { explain } from '../explain.ts';
import type { Explained } from '../explain.ts';
import { cancelCall } from './activities.ts';
import { activity } from './support.ts';

/** One activity of many. */
export interface Row {
  readonly id: string;
  /** What it does: the type of the activity. */
  readonly mode: string;
  readonly options: ActivityOptions;
}

/** What became of an activity. */
export type Outcome =
  | { readonly result: unknown }
  | { readonly failure: readonly Explained[]; readonly isCancellation: boolean };

/** Calls all at once, cancels those that are left at the signal `cancelCall`, and tells what became of each. */
export async function callRows(rows: readonly Row[]): Promise<Record<string, Outcome>> {
  const scope = new CancellationScope();
  setHandler(cancelCall, () => scope.cancel());
  const outcome = async ({ mode, options }: Row): Promise<Outcome> => {
    try {
      return { result: await activity(mode, options)() };
    } catch (error) {
      return { failure: explain(error), isCancellation: isCancellation(error) };
    }
  };
  const all = await scope.run(() =>
    Promise.all(rows.map(async (row): Promise<readonly [string, Outcome]> => [row.id, await outcome(row)])),
  );
  return Object.fromEntries(all);
}

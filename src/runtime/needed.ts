import type { RunKey, RunRecord } from '../core/record.ts';

/** What has to be known of other runs. */
export interface OtherRuns {
  /** Whether there is such a run, and it is open. */
  readonly isOpen: (run: RunKey) => Promise<boolean>;
  /** The run that goes on from an earlier point of another one; `undefined` when there is none. */
  readonly resetRunIdOf: (run: RunKey) => Promise<string | undefined>;
}

/** Whether an open run may still need this closed one: a parent, a child or a successor of it, or the one that goes on in its place since it was reset. */
export async function isNeeded(record: RunRecord, { isOpen, resetRunIdOf }: OtherRuns): Promise<boolean> {
  const open = await Promise.all(relativesOf(record).map((run) => isOpen(run)));
  if (open.includes(true)) return true;
  const { namespace, workflowId } = record;
  // Children that began before the reset find their parent by this run, whatever runs they have gone on as.
  let { resetRunId } = record;
  while (resetRunId !== undefined) {
    const run = { namespace, workflowId, runId: resetRunId };
    if (await isOpen(run)) return true;
    resetRunId = await resetRunIdOf(run);
  }
  return false;
}

function relativesOf({ namespace, workflowId, parent, nextRunId, children }: RunRecord): RunKey[] {
  const found: RunKey[] = [...children.values()].filter(({ runId }) => runId !== '');
  if (parent !== undefined) found.push(parent);
  if (nextRunId !== undefined) found.push({ namespace, workflowId, runId: nextRunId });
  return found;
}

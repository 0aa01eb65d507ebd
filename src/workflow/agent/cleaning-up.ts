import { condition, log, TemporalFailure } from '@temporalio/workflow';
import type { Undoable } from '../protocol/index.ts';
import { cancelAgents } from './agent-calls.ts';
import type { AgentRun } from './agent-run.ts';
import { describeFailure } from './failures.ts';
import { undoCall } from './undoing.ts';

/** How long cleaning up may take when the one who cancels says nothing, in milliseconds. */
export const CANCEL_DEADLINE = 60_000;

/**
 * Ends what is under way and undoes what was completed, the latest first. To be run in a scope that can't be cancelled.
 * @param deadline in milliseconds; without one it takes as long as it takes.
 * @returns what could not be undone, and why.
 */
export async function cleanUp(run: AgentRun, reason: string, deadline?: number): Promise<readonly string[]> {
  const until = deadline === undefined ? undefined : Date.now() + deadline;
  const rest = (): number | undefined => (until === undefined ? undefined : until - Date.now());
  if (deadline !== undefined) {
    // Half of the time for those who do the work, the rest to undo it.
    const half = Math.floor(deadline / 2);
    cancelAgents(run, { reason, deadline: half });
    await condition(() => run.calls.every(({ phase }) => phase === 'done'), half);
  }
  const failed: string[] = [];
  for (let undo = run.undo.pop(); undo; undo = run.undo.pop()) {
    const problem = await undoOne(run, undo, rest());
    if (problem === undefined) continue;
    log.error(problem);
    failed.push(problem);
  }
  return failed;
}

async function undoOne(run: AgentRun, undo: Undoable, rest: number | undefined): Promise<string | undefined> {
  const what = `${undo.toolName} (${undo.toolCallId}) was not undone`;
  if (rest !== undefined && rest <= 0) return `${what}: the time to clean up was over.`;
  try {
    await undoCall(undo, { rootWorkflowId: run.session.rootWorkflowId, metadata: run.input.metadata }, rest);
    return undefined;
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return `${what}: ${describeFailure(error)}`;
  }
}

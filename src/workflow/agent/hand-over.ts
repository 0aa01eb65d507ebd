import { allHandlersFinished, condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import {
  AGENT_MEMO,
  WAIT_MEMO_PREFIX,
  type AgentRunInput,
  type CarriedConversation,
  type CarriedNow,
  type CarriedState,
} from '../protocol/index.ts';
import { carriedTrace } from '../trace/carried-trace.ts';
import type { AgentRun } from './agent-run.ts';
import { carriedDelta, openCalls } from './carrying.ts';
import { jsonBytes } from './transcript.ts';

/** Most that is carried in all, in bytes of JSON: a server refuses 2 MiB. */
const MAX_CARRIED = 1.5 * 1024 * 1024;
/** Up to this size (bytes of JSON) the next run shows what the first one was started with, although it does not need it. */
const MAX_SHOWN_INPUT = 4096;

/** Whether the run should go on in a new one: history has become long, and nobody is in the middle of anything. */
function handOverIsDue(run: AgentRun): boolean {
  return workflowInfo().continueAsNewSuggested && isAtRest(run);
}

function isAtRest(run: AgentRun): boolean {
  return run.session.outbox.idle && allHandlersFinished();
}

/** What another run would need to go on from here; only while there is nothing to do but wait. */
export function carriedNow(run: AgentRun | undefined): CarriedNow {
  if (run === undefined) return { type: 'busy', reason: 'it has not begun' };
  if (run.control.main.consideredCancelled) return { type: 'busy', reason: 'it is being cancelled' };
  if (run.parked?.() !== true) return { type: 'busy', reason: 'it is in the middle of a step' };
  if (!isAtRest(run)) return { type: 'busy', reason: 'it is telling other runs something' };
  return { type: 'parked', input: nextInput(run, run.transcript.carry(workflowInfo()), carriedState(run)) };
}

/** Awaits something; when history has become long while there is nothing to do but wait, the next run awaits it. */
export async function awaitOrHandOver<T>(run: AgentRun, task: Promise<T>, parked: () => boolean): Promise<T> {
  let ended = false;
  const end = (): void => void (ended = true);
  task.then(end, end);
  run.parked = () => !ended && parked();
  try {
    await condition(() => ended || (parked() && handOverIsDue(run)));
  } finally {
    run.parked = undefined;
  }
  if (!ended) await handOver(run);
  return await task;
}

/** Hands over to the next run when that is due. To be called between steps. */
export async function handOverIfDue(run: AgentRun): Promise<void> {
  if (!workflowInfo().continueAsNewSuggested) return;
  await condition(() => handOverIsDue(run));
  await handOver(run);
}

/** Continues as new. @throws ContinueAsNew always. */
async function handOver(run: AgentRun): Promise<never> {
  const info = workflowInfo();
  const state = carriedState(run);
  let conversation = run.transcript.carry(info);
  if (jsonBytes([conversation, state]) > MAX_CARRIED) conversation = { type: 'run', ...idsOf(info) };
  const input = nextInput(run, conversation, state);
  const memo = Object.fromEntries(
    Object.entries(info.memo ?? {}).filter(([field]) => !field.startsWith(WAIT_MEMO_PREFIX)),
  );
  if (!run.session.lineage) {
    for (const wait of state.waits) memo[WAIT_MEMO_PREFIX + wait.id] = wait;
    // A memo without a field counts as none, and the next run would get this one's, with waits that are over.
    if (Object.keys(memo).length === 0) memo[AGENT_MEMO] = run.definition.name;
  }
  return await makeContinueAsNewFunc<(input: AgentRunInput) => Promise<unknown>>({ memo })(input);
}

function idsOf({ workflowId, runId }: { readonly workflowId: string; readonly runId: string }): {
  readonly workflowId: string;
  readonly runId: string;
} {
  return { workflowId, runId };
}

function carriedState(run: AgentRun): CarriedState {
  return {
    step: run.step,
    startedAt: new Date(run.startedAt).toISOString(),
    scope: run.scope,
    spent: run.session.spent,
    extensions: run.extensions,
    delta: carriedDelta(run.news, workflowInfo().runId),
    steered: run.control.steered,
    undo: run.undo,
    ...run.session.waits.carry(),
    open: openCalls(run.calls),
    lastText: run.lastText,
  };
}

function nextInput(run: AgentRun, conversation: CarriedConversation, state: CarriedState): AgentRunInput {
  const { input, definition } = run;
  const shown = jsonBytes(input.input) <= MAX_SHOWN_INPUT ? input.input : '';
  const trace = carriedTrace();
  return { ...input, input: shown, ...(trace && { trace }), carried: { definition, conversation, state } };
}

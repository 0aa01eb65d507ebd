import { CancelledFailure, isCancellation, TemporalFailure } from '@temporalio/workflow';
import { FAILURE, type AgentResult, type Json, type ModelTurn } from '../protocol/index.ts';
import type { AgentRun } from './agent-run.ts';
import { modelActivity } from './activity-options.ts';
import { callsOf, countCalls, resumedCalls } from './call.ts';
import { runFailure } from './failures.ts';
import { passLimits } from './gate.ts';
import { handOverIfDue } from './hand-over.ts';
import { left, reachedBeforeCalls, reachedBeforeModel, shareOf } from './limits.ts';
import { endOf } from './looking-after.ts';
import { userMessage } from './outputs.ts';
import { spentOnCalls, spentOnModel } from './spending.ts';
import { makeCalls } from './step.ts';

/** How often, at most, a sub-agent makes sure that its caller still is there. Milliseconds. */
const LOOK_UP = 60_000;

/** Turns until the model has completed its work, or a limit ends it. */
export async function turn(run: AgentRun): Promise<AgentResult> {
  const open = run.input.carried?.state.open ?? [];
  if (open.length > 0) await makeCalls(run, resumedCalls(open), {});
  const caller = callerWatch(run);
  for (;;) {
    await handOverIfDue(run);
    await caller();
    if ((await passLimits(run, reachedBeforeModel, true)) !== undefined) return ended(run, run.lastText, 'limit');
    const result = await step(run);
    if (result) return result;
  }
}

/** One model call and what it decides. @returns the result, when that was the last. */
async function step(run: AgentRun): Promise<AgentResult | undefined> {
  const { message, decisions, usage } = await callModel(run);
  run.session.spend(spentOnModel(usage));
  run.heard(message);
  for (const decision of decisions) {
    if (decision.type === 'complete')
      return run.control.steered.length > 0 ? undefined : ended(run, decision.output, 'complete');
    if (decision.type === 'refuse_message') tell(run, decision.error);
  }
  const calls = callsOf(decisions, message);
  if (calls.length === 0) return undefined;
  const wanted = countCalls(calls);
  // The calls of a message are carried only once they have begun.
  const limit = await passLimits(run, (budget) => reachedBeforeCalls(budget, wanted), false);
  if (limit !== undefined) return ended(run, run.lastText, 'limit');
  run.session.spend(spentOnCalls(wanted.calls));
  await makeCalls(run, calls, wanted.agents > 0 ? shareOf(run.budget, wanted.agents) : {});
  return undefined;
}

async function callModel(run: AgentRun): Promise<ModelTurn> {
  const { definition, budget } = run;
  for (const said of run.control.steered.splice(0)) tell(run, said);
  run.step += 1;
  const tokens = left(budget, 'tokens');
  const last = definition.onLimit === 'stop' && left(budget, 'steps') === 1;
  try {
    return await modelActivity(
      definition,
      run.step,
    )({
      step: run.step,
      agent: definition.name,
      definitionHash: definition.hash,
      delta: run.news.map(({ item }) => item),
      ...(Number.isFinite(tokens) ? { maxOutputTokens: tokens } : {}),
      ...(last ? { mustAnswer: true } : {}),
      ...(run.input.metadata ? { metadata: run.input.metadata } : {}),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    throw error instanceof TemporalFailure ? runFailure(error, FAILURE.modelFailed) : error;
  }
}

function tell(run: AgentRun, content: Parameters<typeof userMessage>[0]): void {
  const message = userMessage(content);
  run.news = [...run.news, { item: { type: 'message', message }, message }];
}

function ended(run: AgentRun, output: Json, finish: AgentResult['finish']): AgentResult {
  const { session, undo } = run;
  return {
    output,
    finish,
    spent: session.spent,
    ...(session.lineage && undo.length > 0 ? { undo } : {}),
  };
}

/**
 * A sub-agent outlives its caller, so that the caller may continue as new. When the caller was terminated, nobody would ever tell it to end: it
 * looks by itself, now and then, before a step.
 */
function callerWatch(run: AgentRun): () => Promise<void> {
  const parent = run.session.lineage?.parentWorkflowId;
  let looked = Date.now();
  return async () => {
    run.throwIfCancelled();
    if (parent === undefined || Date.now() - looked < LOOK_UP) return;
    looked = Date.now();
    const end = await endOf(parent);
    if (end) throw new CancelledFailure(`Its caller ${parent} has ended.`);
  };
}

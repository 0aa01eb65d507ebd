import type { Limits } from '../protocol/index.ts';
import { callAgent } from './agent-calls.ts';
import type { AgentRun } from './agent-run.ts';
import type { Call } from './call.ts';
import { inCallOrder } from './carrying.ts';
import { awaitOrHandOver } from './hand-over.ts';
import { errorOutput } from './outputs.ts';
import { toldByValue, type News } from './news.ts';
import { executeTool, requestUserInput } from './tool-calls.ts';

/**
 * Makes all calls of a step at once, and awaits all of them. What came of them is the news for the next step, in the order of the calls.
 * @param share what each of the sub-agents may use.
 */
export async function makeCalls(run: AgentRun, calls: readonly Call[], share: Partial<Limits>): Promise<void> {
  run.calls = calls;
  const tasks = calls.map(async (call) => {
    try {
      const news = await makeCall(run, call, share);
      run.news = inCallOrder([...run.news, news]);
    } finally {
      call.phase = 'done';
    }
  });
  await awaitOrHandOver(run, Promise.all(tasks), () => calls.every((call) => isParked(run, call)));
  run.calls = [];
}

async function makeCall(run: AgentRun, call: Call, share: Partial<Limits>): Promise<News> {
  const { decision } = call;
  if (decision.type === 'execute_tool') return await executeTool(run, call, decision);
  if (decision.type === 'call_agent') return await callAgent(run, call, decision, share);
  if (decision.type === 'request_user_input') return await requestUserInput(run, call, decision);
  return toldByValue(call, errorOutput(decision.error));
}

/** Whether the next run can take a call over as it stands. */
function isParked(run: AgentRun, call: Call): boolean {
  if (call.phase === 'child') return !hasReported(run, call);
  if (call.phase === 'done' || call.phase === 'work') return call.phase === 'done';
  return run.session.waits.waiting(call.decision.toolCallId);
}

function hasReported(run: AgentRun, { decision }: Call): boolean {
  return [...run.session.reports.values()].some(({ toolCallId }) => toolCallId === decision.toolCallId);
}

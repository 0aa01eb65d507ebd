import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import {
  AGENT_WORKFLOW,
  CANCEL_RUN,
  type AgentResult,
  type AgentRunInput,
  type CancelRequest,
  type ChildEnd,
  type Json,
  type Limits,
} from '../protocol/index.ts';
import type { AgentRun } from './agent-run.ts';
import { isBelow, type Call, type CallDecision } from './call.ts';
import { describeFailure } from './failures.ts';
import { childWorkflowId } from './ids.ts';
import { lookAfter } from './looking-after.ts';
import { agentOutput, errorOutput } from './outputs.ts';
import { toldByReference, toldByValue, type News } from './news.ts';

type AgentDecision = Extract<CallDecision, { type: 'call_agent' }>;

/** Runs a sub-agent. Its failure is told to the model. */
export async function callAgent(
  run: AgentRun,
  call: Call,
  decision: AgentDecision,
  share: Partial<Limits>,
): Promise<News> {
  const workflowId = subAgentId(decision);
  // It is told to end by signal, and then heard of: the scope must not cut that off.
  const end = await CancellationScope.nonCancellable(() =>
    call.resumed === 'child'
      ? lookAfter(
          workflowId,
          () => run.session.reports.get(workflowId)?.end,
          (waiting) => (call.phase = waiting ? 'child' : 'work'),
        )
      : attend(run, call, decision, share),
  );
  call.phase = 'work';
  const reported = run.session.ended(workflowId);
  if (end.type === 'failed') {
    const spent = end.spent ?? (reported?.type === 'failed' ? reported.spent : undefined);
    if (spent) run.session.spend(spent);
    return toldByValue(call, errorOutput(end.message));
  }
  const result = end.result as unknown as AgentResult;
  run.session.spend(result.spent);
  run.undo.push(...(result.undo ?? []));
  const { toolCallId, agent } = decision;
  return call.resumed === 'child'
    ? toldByValue(call, agentOutput(result))
    : toldByReference(call, agentOutput(result), { type: 'agent', workflowId, toolCallId, toolName: agent });
}

/** Tells the sub-agents of the current step to end, also those that are about to start. */
export function cancelAgents(run: AgentRun, request: CancelRequest): void {
  run.control.cleaning = request;
  for (const call of run.calls)
    if (call.decision.type === 'call_agent' && isBelow(call)) cancelAgent(run, call.decision, request);
}

function cancelAgent(run: AgentRun, decision: AgentDecision, request: CancelRequest): void {
  void run.session.outbox.send(subAgentId(decision), CANCEL_RUN, request);
}

/** The workflow id of the sub-agent that answers a call of this run. */
function subAgentId({ toolCallId, agent }: AgentDecision): string {
  return childWorkflowId(workflowInfo().workflowId, toolCallId, agent);
}

/** Starts a sub-agent and awaits its end. */
async function attend(run: AgentRun, call: Call, decision: AgentDecision, share: Partial<Limits>): Promise<ChildEnd> {
  const { toolCallId, agent } = decision;
  const { session, input } = run;
  const child: AgentRunInput = {
    agent,
    input: call.input as AgentRunInput['input'],
    limits: share,
    ...(input.metadata ? { metadata: input.metadata } : {}),
    lineage: session.lineageBelow(toolCallId),
  };
  try {
    const handle = await startChild<(input: AgentRunInput) => Promise<AgentResult>>(AGENT_WORKFLOW, {
      workflowId: subAgentId(decision),
      args: [child],
      // It has to outlive this run when that continues as new.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
    call.phase = 'child';
    if (run.control.cleaning) cancelAgent(run, decision, run.control.cleaning);
    return { type: 'completed', result: (await handle.result()) as unknown as Json };
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return { type: 'failed', message: describeFailure(error) };
  }
}

import type { AssistantMessage, Decision, Json, OpenCall } from '../protocol/index.ts';

/** What a model decided about one call. */
export type CallDecision = Extract<Decision, { readonly toolCallId: string }>;

/** One call of the current step. */
export interface Call {
  readonly decision: CallDecision;
  /** The arguments. */
  readonly input: Json;
  /** Where it stands; `work` while an activity or a start is under way. */
  phase: 'work' | 'done' | OpenCall['phase'];
  /** Where the run before this one has left it. */
  readonly resumed?: OpenCall['phase'];
}

/** The calls that a message decides on. */
export function callsOf(decisions: readonly Decision[], message: AssistantMessage): Call[] {
  const inputs = new Map(
    message.content.flatMap((part) => (part.type === 'tool-call' ? [[part.toolCallId, part.input] as const] : [])),
  );
  return decisions
    .filter(isCall)
    .map((decision) => ({ decision, input: inputs.get(decision.toolCallId) ?? {}, phase: 'work' }));
}

/** The calls that the run before this one has left open. */
export function resumedCalls(open: readonly OpenCall[]): Call[] {
  return open.flatMap(({ decision, input, phase }) =>
    isCall(decision) ? [{ decision, input, phase: 'work', resumed: phase }] : [],
  );
}

/** Whether a sub-agent works on it: also one that the run before has started, while this one looks whether it still is there. */
export function isBelow({ phase, resumed }: Call): boolean {
  return phase === 'child' || (resumed === 'child' && phase !== 'done');
}

/** The name by which the model called. */
export function calledName(decision: CallDecision): string {
  if (decision.type === 'call_agent') return decision.agent;
  if (decision.type === 'execute_tool') return decision.tool;
  return decision.type === 'refuse_call' ? decision.toolName : decision.type;
}

/** How many calls count against the limits. */
export function countCalls(calls: readonly Call[]): { readonly calls: number; readonly agents: number } {
  const of = (type: Decision['type']): number => calls.filter(({ decision }) => decision.type === type).length;
  const agents = of('call_agent');
  return { calls: agents + of('execute_tool'), agents };
}

function isCall(decision: Decision): decision is CallDecision {
  return 'toolCallId' in decision;
}

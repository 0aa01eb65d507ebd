import type { AgentResult, AgentRunInput, Json } from '../../workflow/protocol/index.ts';

/** Whether a value is an object, and no list. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the argument of a workflow is that of a run of an agent. */
export function isRunInput(value: unknown): value is AgentRunInput {
  return isObject(value) && typeof value['agent'] === 'string' && 'input' in value;
}

/** Whether what a workflow returned is what a run of an agent comes to. */
export function isResult(value: unknown): value is AgentResult {
  return isObject(value) && 'output' in value && ['complete', 'limit'].includes(String(value['finish']));
}

/** What a workflow returned, without what an agent's run says beside it. */
export function outputOf(value: unknown): Json {
  return isResult(value) ? value.output : ((value ?? null) as Json);
}

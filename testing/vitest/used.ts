import type { RunEvent } from '../../src/client/events/event.ts';
import type { RunLimits } from './types.ts';

/** What a run has used: what its end says, or, as long as it goes on, the sum of what its events say. */
export function used(events: readonly RunEvent[]): Required<RunLimits> {
  const total = { tokens: 0, steps: 0, toolCalls: 0 };
  for (const event of events) {
    if (event.type === 'run_completed' && event.spent !== undefined) {
      const { inputTokens, outputTokens, steps, toolCalls } = event.spent;
      return { tokens: inputTokens + outputTokens, steps, toolCalls };
    }
    if (event.type === 'model_responded') {
      total.steps++;
      total.tokens += event.usage.inputTokens + event.usage.outputTokens;
    }
    if (event.type === 'tool_started' || event.type === 'agent_called') total.toolCalls++;
    if (event.type === 'agent_completed' && event.spent !== undefined) {
      total.tokens += event.spent.inputTokens + event.spent.outputTokens;
      total.steps += event.spent.steps;
      total.toolCalls += event.spent.toolCalls;
    }
  }
  return total;
}

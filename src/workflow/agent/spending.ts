import type { Spent, Usage } from '../protocol/index.ts';

/** What a run has used before its first step. */
export const NOTHING_SPENT: Spent = {
  steps: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
};

/** Both together. */
export function addSpent(a: Spent, b: Spent): Spent {
  return {
    steps: a.steps + b.steps,
    toolCalls: a.toolCalls + b.toolCalls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}

/** What one model call uses. */
export function spentOnModel(usage: Usage): Spent {
  return { ...NOTHING_SPENT, ...usage, steps: 1 };
}

/** What calls of tools and agents use. */
export function spentOnCalls(count: number): Spent {
  return { ...NOTHING_SPENT, toolCalls: count };
}

/** Tokens in and out. */
export function tokensOf(spent: Usage): number {
  return spent.inputTokens + spent.outputTokens;
}

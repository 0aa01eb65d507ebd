import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../../workflow/protocol/index.ts';

/** What a call uses whose provider doesn't count. */
export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };

/** Tokens as a provider counts them. What it leaves out, or gets wrong, is 0. */
export function usageOf(usage: Partial<LanguageModelV4Usage> | undefined): Usage {
  const { inputTokens: input, outputTokens: output } = usage ?? {};
  const cached = count(input?.cacheRead);
  const reasoning = count(output?.reasoning);
  return {
    inputTokens: count(input?.total) || count(input?.noCache) + cached + count(input?.cacheWrite),
    outputTokens: count(output?.total) || count(output?.text) + reasoning,
    cachedInputTokens: cached,
    reasoningTokens: reasoning,
  };
}

function count(tokens: unknown): number {
  return typeof tokens === 'number' && Number.isFinite(tokens) && tokens > 0 ? Math.round(tokens) : 0;
}

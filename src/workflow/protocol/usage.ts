/** Tokens that models read and wrote. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input tokens: those read from a cache. */
  readonly cachedInputTokens: number;
  /** Of the output tokens: those of reasoning. */
  readonly reasoningTokens: number;
}

/** What a run has used so far, its sub-agents included. */
export interface Spent extends Usage {
  readonly steps: number;
  readonly toolCalls: number;
}

/** Tokens that models read and wrote. */
export interface Usage {
  /** Tokens that were read. */
  readonly inputTokens: number;
  /** Tokens that were written. */
  readonly outputTokens: number;
  /** Of the input tokens: those read from a cache. */
  readonly cachedInputTokens: number;
  /** Of the output tokens: those of reasoning. */
  readonly reasoningTokens: number;
}

/** What a run has used so far, its sub-agents included. */
export interface Spent extends Usage {
  /** Calls of models. */
  readonly steps: number;
  /** Calls of tools and agents. */
  readonly toolCalls: number;
}

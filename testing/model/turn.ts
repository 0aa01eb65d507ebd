import type { LanguageModelV4Content, LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ModelCall } from './call.ts';

/** Tokens that a scripted call counts. */
export interface ScriptedUsage {
  /** Default: 10. */
  readonly inputTokens?: number;
  /** Default: 10. */
  readonly outputTokens?: number;
  /** Of the input tokens. Default: 0. */
  readonly cachedInputTokens?: number;
  /** Of the output tokens. Default: 0. */
  readonly reasoningTokens?: number;
}

/** What may be said about a turn beside what is in it. */
export interface TurnOptions {
  /** What the model thought aloud before. */
  readonly reasoning?: string;
  /** Default: 10 tokens in, 10 tokens out. */
  readonly usage?: ScriptedUsage;
  /** Default: `tool-calls` when something is called, otherwise `stop`. */
  readonly finishReason?: LanguageModelV4FinishReason['unified'];
}

/** A message of the model. */
export interface MessageTurn {
  readonly type: 'message';
  readonly content: readonly LanguageModelV4Content[];
  /** How text is streamed. Default: word by word. */
  readonly pieces?: readonly string[];
  readonly usage: ScriptedUsage;
  readonly finishReason: LanguageModelV4FinishReason['unified'];
  /** Milliseconds that pass before it answers. */
  readonly delay: number;
}

/** A call that fails. */
export interface FailureTurn {
  readonly type: 'failure';
  readonly error: Error;
  /** What is streamed before it fails. */
  readonly after: string;
  /** Milliseconds that pass before it fails. */
  readonly delay: number;
}

/** What a scripted model does when it is called. */
export type Turn = MessageTurn | FailureTurn;

/** A turn, or how it is made from what the model is asked. */
export type ScriptedTurn = Turn | ((call: ModelCall) => Turn | Promise<Turn>);

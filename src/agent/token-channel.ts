/** A piece of what a model is saying right now. */
export interface Token {
  /** Of the run that speaks. */
  readonly workflowId: string;
  /** Who speaks. */
  readonly agent: string;
  /** The model call, from 1. */
  readonly step: number;
  /** Of that call: a higher one begins again from offset 0, and makes what the ones before said void. */
  readonly attempt: number;
  /** Characters of this `type`, step and attempt before this piece. */
  readonly offset: number;
  /** What is said, or what is thought aloud. */
  readonly type: 'text' | 'reasoning';
  /** The piece. */
  readonly text: string;
}

/**
 * Carries what models say beside history, while they say it. Lossy by contract: what counts is the message in history. Neither side ever waits
 * for the other or fails because of it.
 */
export interface TokenChannel {
  /** Tells whoever listens. Never waits, never throws. */
  publish(token: Token): void;
  /** Hears of the tokens of one run. @returns how to stop. */
  subscribe(workflowId: string, listener: (token: Token) => void): () => void;
  /** Lets go of everything; nothing is heard any more. */
  close(): Promise<void>;
}

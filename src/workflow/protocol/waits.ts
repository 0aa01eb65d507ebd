import type { Json, JsonSchema } from './json.ts';

/** What is waited for: a user's text, a person's decision, the result of an async tool, or an event of one's own. */
export type WaitKind = 'input' | 'approval' | 'tool' | 'event';

/**
 * Something that a run waits for. Listed at the root run, whichever agent waits, in the memo field `WAIT_MEMO_PREFIX + id`: so it can be read
 * without a worker, from `describe` and `list`.
 */
export interface Wait {
  /** Unique in the tree of runs; stays the same over replays, retries and continue-as-new. */
  readonly id: string;
  /** What is waited for. */
  readonly kind: WaitKind;
  /** The agent that waits, or the type of the author's own workflow. */
  readonly agent: string;
  /** Of the run that waits. */
  readonly workflowId: string;
  /** What a person is asked. */
  readonly message: string;
  /** What an answer's value has to look like. Without one: anything. */
  readonly schema?: JsonSchema;
  /** Largest value of an answer, in bytes of JSON. Without one: what a run can take. */
  readonly maxBytes?: number;
  /** The call that it is about: with `approval` and `tool`. */
  readonly call?: {
    /** Of the run that waits. */
    readonly toolCallId: string;
    /** Of the tool. */
    readonly toolName: string;
    /** The arguments. */
    readonly input: Json;
  };
  /** ISO 8601. */
  readonly openedAt: string;
  /** ISO 8601; without one it waits as long as the run may last. */
  readonly expiresAt?: string;
}

/** An answer to a wait: the argument of the update `answerWait` and, with or without an id, of the seed's signals. */
export interface WaitAnswer {
  /** Without one, the only wait of `kind` that is open is meant. */
  readonly waitId?: string;
  readonly kind: WaitKind;
  readonly outcome: WaitOutcome;
}

/** What came of a wait: with `approval`, `value` is `{ approved, reason?, by? }`. */
export type WaitOutcome =
  | {
      /** It was answered. */
      readonly type: 'value';
      /** The answer. */
      readonly value: Json;
    }
  | {
      /** What was waited for has failed: an async tool. */
      readonly type: 'error';
      /** Why. */
      readonly message: string;
    };

/** The value of an answer to an approval. */
export interface ApprovalValue {
  readonly approved: boolean;
  readonly reason?: string;
  readonly by?: string;
}

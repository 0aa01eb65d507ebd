import type { ConversationItem } from './conversation.ts';
import type { Json } from './json.ts';
import type { UserContent } from './messages.ts';
import type { Spent } from './usage.ts';
import type { Wait, WaitAnswer } from './waits.ts';

/** A completed call that may have to be undone. */
export interface Undoable {
  readonly toolName: string;
  readonly toolHash: string;
  readonly toolCallId: string;
  readonly input: Json;
  readonly idempotencyKey: string;
}

/** A call of the current step that goes on in the next run. */
export interface OpenCall {
  readonly toolCallId: string;
  readonly waitId?: string;
  readonly childWorkflowId?: string;
}

/** What the loop knows beside the conversation, for the run that continues this one. */
export interface CarriedState {
  readonly step: number;
  readonly startedAt: string;
  readonly spent: Spent;
  /** What a person has allowed beyond the limits (`onLimit: 'ask'`), as a multiple of them. */
  readonly extensions: number;
  /** Of the next model call. */
  readonly delta: readonly ConversationItem[];
  readonly steered: readonly UserContent[];
  readonly undo: readonly Undoable[];
  readonly waits: readonly Wait[];
  readonly answers: readonly WaitAnswer[];
  readonly open: readonly OpenCall[];
}

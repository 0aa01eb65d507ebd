import type { ConversationItem } from './conversation.ts';
import type { Decision } from './activities.ts';
import type { Json } from './json.ts';
import type { UserContent } from './messages.ts';
import type { Undoable } from './undo.ts';
import type { Spent } from './usage.ts';
import type { Wait, WaitAnswer } from './waits.ts';

/** A call of the current step that goes on in the next run. */
export interface OpenCall {
  /** What the model wanted. */
  readonly decision: Decision;
  /** The arguments of the call. */
  readonly input: Json;
  /** Where it stands: a person has to decide or to answer first, the tool's result is on its way, or a sub-agent is at work. */
  readonly phase: 'ask' | 'result' | 'child';
}

/** What the loop knows beside the conversation, for the run that continues this one. */
export interface CarriedState {
  readonly step: number;
  readonly startedAt: string;
  /** What idempotency keys begin with. Without one: the id of the first run of the chain. */
  readonly scope?: string;
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
  /** What the model said last, for a run that a limit ends. */
  readonly lastText: string;
}

import type { CallOrigin } from './call.ts';
import type { ScriptedTurn } from './turn.ts';

/** A turn that is being played. */
export interface Playing {
  /** From 1. */
  readonly number: number;
  readonly turn: ScriptedTurn;
  /** The caller has all of it: who repeats the call gets the same. */
  delivered: boolean;
}

/**
 * A list of turns, handed out in their order: one for each call. An attempt that repeats a call gets the same turn when that one was delivered (its
 * outcome was lost on the way), and the next one when it failed or never came.
 */
export class Script {
  readonly #turns: readonly ScriptedTurn[];
  readonly #byCall = new Map<string, Playing>();
  #next = 0;

  constructor(turns: readonly ScriptedTurn[]) {
    this.#turns = turns;
  }

  /** Turns in all. */
  get length(): number {
    return this.#turns.length;
  }

  /** Turns that nobody asked for yet. */
  get left(): number {
    return this.#turns.length - this.#next;
  }

  /** The turn for a call; `undefined` when the script has none left. */
  take(origin: CallOrigin | undefined): Playing | undefined {
    const key = origin && `${origin.runId}/${origin.activityId}`;
    const earlier = key === undefined ? undefined : this.#byCall.get(key);
    if (earlier?.delivered) return earlier;
    const turn = this.#turns[this.#next];
    if (turn === undefined) return undefined;
    const playing: Playing = { number: ++this.#next, turn, delivered: false };
    if (key !== undefined) this.#byCall.set(key, playing);
    return playing;
  }
}

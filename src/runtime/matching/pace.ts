import type { Clock } from '../../core/clock.ts';
import type { QueueName } from './queue-name.ts';

/** After how long a turn is asked for again that nobody could give, in milliseconds. */
const RETRY_MS = 1000;

/**
 * Asks to give out one task of a queue, of so many a second together with whoever else gives out tasks of it. Asked for, it counts as given out.
 * @returns after how many milliseconds it may be.
 */
export type ReserveTurn = (queue: QueueName, perSecond: number) => number | Promise<number>;

/** When the next task may go, and how much may come at once: a second's worth, as on a Temporal server. Milliseconds. */
function nextTurn(
  due: number,
  now: number,
  perSecond: number,
): { readonly waitMs: number; readonly due: number } {
  const intervalMs = 1000 / perSecond;
  const burstMs = intervalMs * (Math.max(1, Math.ceil(perSecond)) - 1);
  const at = Math.max(due, now);
  return { waitMs: Math.max(0, at - burstMs - now), due: at + intervalMs };
}

/** Turns of one process alone. */
export function localTurns(clock: Clock): ReserveTurn {
  const due = new Map<string, number>();
  return ({ namespace, name, type }, perSecond) => {
    const key = `${type}\0${namespace}\0${name}`;
    const now = clock.now();
    for (const [other, at] of due) if (at < now) due.delete(other);
    const turn = nextTurn(due.get(key) ?? 0, now, perSecond);
    due.set(key, turn.due);
    return turn.waitMs;
  };
}

/** Lets tasks of one queue go at a rate. */
export class Pace {
  readonly #reserve: (perSecond: number) => number | Promise<number>;
  readonly #clock: Clock;
  readonly #onTurn: () => void;
  #perSecond: number;
  /** A turn was asked for, or waited for. */
  #asking = false;
  #hasTurn = false;
  #cancel: (() => void) | undefined;

  /** @param onTurn a task may be given out now. */
  constructor(
    reserve: (perSecond: number) => number | Promise<number>,
    clock: Clock,
    perSecond: number,
    onTurn: () => void,
  ) {
    this.#reserve = reserve;
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#onTurn = onTurn;
  }

  /** Tasks in a second. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Another rate holds from now on; who waits for a turn of the old one asks again. */
  change(perSecond: number): void {
    if (perSecond === this.#perSecond) return;
    this.#perSecond = perSecond;
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#asking) void this.#ask();
  }

  /** Takes the turn, if there is one; else one is asked for. */
  take(): boolean {
    if (this.#hasTurn) {
      this.#hasTurn = false;
      return true;
    }
    if (!this.#asking) void this.#ask();
    return false;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const perSecond = this.#perSecond;
    // With none a second, nothing goes until another rate comes.
    if (perSecond <= 0) return;
    const { waitMs, onEnd } = await this.#turnIn(perSecond);
    if (perSecond !== this.#perSecond) return;
    if (waitMs <= 0) onEnd();
    else this.#cancel = this.#clock.schedule(this.#clock.now() + waitMs, onEnd);
  }

  async #turnIn(perSecond: number): Promise<{ readonly waitMs: number; readonly onEnd: () => void }> {
    try {
      return { waitMs: await this.#reserve(perSecond), onEnd: () => this.#turn() };
    } catch {
      // Whoever keeps the turns is away; tasks wait until it is back.
      return { waitMs: RETRY_MS, onEnd: () => void this.#ask() };
    }
  }

  #turn(): void {
    this.#cancel = undefined;
    this.#asking = false;
    this.#hasTurn = true;
    this.#onTurn();
  }
}

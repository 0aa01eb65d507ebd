import type { Clock } from '../../core/clock.ts';

/** After how long a turn is asked for again that nobody could give, in milliseconds. */
const RETRY_MS = 1000;

/** What a pace works with. */
export interface PaceOptions {
  /** Asks for a turn, see `ReserveTurn`. */
  readonly reserve: (perSecond: number) => number | Promise<number>;
  /** By which turns are waited for. */
  readonly clock: Clock;
  /** Told when it is worth to `take` a turn, if there is anything to give out. */
  readonly onTurn: () => void;
  /** Told why no turn was given; of the same reason once, until there was a turn again. */
  readonly onError: (error: unknown) => void;
}

/** Something that comes by itself. */
interface Wait {
  readonly at: number;
  /** The rate that it is due to. */
  readonly perSecond: number;
  readonly cancel: () => void;
}

/** Lets tasks of one queue go at a rate. One turn at a time is under way, and only if somebody wanted to take it. */
export class Pace {
  readonly #options: PaceOptions;
  #perSecond: number;
  #state: 'idle' | 'asking' | 'ready' | 'closed' = 'idle';
  #wait: Wait | undefined;
  /** Why there was no turn the last time. */
  #told: string | undefined;

  /** @param perSecond tasks in a second. */
  constructor(perSecond: number, options: PaceOptions) {
    this.#perSecond = perSecond;
    this.#options = options;
  }

  /** Tasks in a second. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Another rate holds from now on. A turn that is under way stays; with a faster rate it comes sooner. */
  change(perSecond: number): void {
    this.#perSecond = perSecond;
    if (this.#wait === undefined || perSecond <= this.#wait.perSecond) return;
    const { at, perSecond: before, cancel } = this.#wait;
    cancel();
    this.#turnIn(at - this.#options.clock.now(), before);
  }

  /** Takes the turn, if there is one; else one is asked for. With none a second, nothing goes until another rate comes. */
  take(): boolean {
    if (!(this.#perSecond > 0)) return false;
    if (this.#perSecond === Infinity) return true;
    if (this.#state === 'idle') void this.#ask();
    if (this.#state !== 'ready') return false;
    this.#state = 'idle';
    return true;
  }

  /** Gives no more turns, and has nothing that would ring later. */
  close(): void {
    this.#state = 'closed';
    this.#wait?.cancel();
    this.#wait = undefined;
  }

  async #ask(): Promise<void> {
    this.#state = 'asking';
    const perSecond = this.#perSecond;
    const waitMs = await this.#reserve(perSecond);
    if (this.#isClosed()) return;
    if (waitMs !== undefined) this.#turnIn(waitMs, perSecond);
    // Whoever keeps the turns is away; tasks wait until it is back. No rate makes that any sooner.
    else this.#in(RETRY_MS, Infinity, () => this.#is('idle'));
  }

  async #reserve(perSecond: number): Promise<number | undefined> {
    try {
      const waitMs = await this.#options.reserve(perSecond);
      this.#told = undefined;
      return waitMs;
    } catch (error) {
      const reason = String(error);
      if (reason !== this.#told && !this.#isClosed()) this.#options.onError(error);
      this.#told = reason;
      return undefined;
    }
  }

  /** @param milliseconds at the rate that the turn was asked for with. */
  #turnIn(milliseconds: number, perSecond: number): void {
    const fastest = Math.max(perSecond, this.#perSecond);
    const waitMs = (milliseconds * perSecond) / fastest;
    if (waitMs <= 0) this.#is('ready');
    else this.#in(waitMs, fastest, () => this.#is('ready'));
  }

  #in(milliseconds: number, perSecond: number, then: () => void): void {
    const { clock } = this.#options;
    const at = clock.now() + milliseconds;
    this.#wait = { at, perSecond, cancel: clock.schedule(at, then) };
  }

  #is(state: 'idle' | 'ready'): void {
    this.#wait = undefined;
    this.#state = state;
    this.#options.onTurn();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

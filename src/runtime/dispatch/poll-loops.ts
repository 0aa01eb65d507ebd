import type { native } from '@temporalio/core-bridge';
import type { Clock } from '../../core/clock.ts';
import type { DispatchLog } from './options.ts';
import { sleepUntil } from './rpc.ts';
import type { Slot } from './slots.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;

/** A task, or nothing when the server had none for as long as it holds a poll. */
export interface PollResult<Task> {
  readonly task: Task | undefined;
  /** By how many pollers the server would change their number. */
  readonly scaleBy: number;
}

/** One kind of polling. */
export interface PollLoopOptions<Task> {
  readonly name: string;
  readonly behavior: native.PollerBehavior;
  readonly clock: Clock;
  readonly log: DispatchLog;
  /** The right to take a task; rejects when the signal aborts. */
  readonly acquire: (signal: AbortSignal) => Promise<Slot>;
  readonly poll: (signal: AbortSignal) => Promise<PollResult<Task>>;
  /** Takes the task, and the slot with it. */
  readonly deliver: (task: Task, slot: Slot) => void;
}

/** Polls with several requests at once, as many as the server would like within the given bounds, until stopped. */
export class PollLoops<Task> {
  readonly #options: PollLoopOptions<Task>;
  readonly #minimum: number;
  readonly #maximum: number;
  readonly #loops = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #wanted: number;
  #running = 0;
  #acquiring: Promise<void> = Promise.resolve();
  /** Polls that are out. */
  active = 0;

  constructor(options: PollLoopOptions<Task>) {
    const { behavior } = options;
    this.#options = options;
    this.#maximum = behavior.maximum;
    this.#minimum = behavior.type === 'autoscaling' ? behavior.minimum : behavior.maximum;
    this.#wanted = behavior.type === 'autoscaling' ? behavior.initial : behavior.maximum;
  }

  start(): void {
    while (!this.#stop.signal.aborted && this.#running < this.#wanted) {
      this.#running++;
      const loop: Promise<void> = this.#loop().finally(() => {
        this.#running--;
        this.#loops.delete(loop);
      });
      this.#loops.add(loop);
    }
  }

  /** Ends polling. Resolves once no poll is out and every task was delivered. */
  async stop(): Promise<void> {
    this.#stop.abort();
    while (this.#loops.size > 0) await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    let delay = FIRST_DELAY_MS;
    while (!signal.aborted && this.#running <= this.#wanted) {
      let slot: Slot | undefined;
      try {
        slot = await this.#acquire(signal);
        await this.#pollOnce(slot, signal);
        delay = FIRST_DELAY_MS;
      } catch (error) {
        slot?.release();
        if (signal.aborted) return;
        this.#options.log.warn(`Polling for ${this.#options.name} failed, trying again`, { error });
        await sleepUntil(this.#options.clock, this.#options.clock.now() + delay, signal);
        delay = Math.min(delay * 2, LONGEST_DELAY_MS);
      }
    }
  }

  /** One loop at a time waits for a slot: several would be granted one each, and leave none to other kinds of polling. */
  async #acquire(signal: AbortSignal): Promise<Slot> {
    const previous = this.#acquiring;
    const acquired = previous.then(() => this.#options.acquire(signal));
    this.#acquiring = acquired.then(
      () => void this.active++,
      () => undefined,
    );
    await this.#acquiring;
    return await acquired;
  }

  async #pollOnce(slot: Slot, signal: AbortSignal): Promise<void> {
    let result: PollResult<Task>;
    try {
      if (signal.aborted) {
        slot.release();
        return;
      }
      result = await this.#options.poll(signal);
    } finally {
      this.active--;
    }
    this.#scale(result.scaleBy);
    if (result.task === undefined) slot.release();
    else this.#options.deliver(result.task, slot);
  }

  #scale(by: number): void {
    if (by === 0) return;
    this.#wanted = Math.min(this.#maximum, Math.max(this.#minimum, this.#wanted + by));
    this.start();
  }
}

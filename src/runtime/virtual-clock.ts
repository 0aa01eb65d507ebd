import type { Clock, HeldWork } from '../core/clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** How a virtual clock is made. */
export interface VirtualClockOptions {
  /** Milliseconds since the epoch. Default: the time of this machine. */
  readonly startTime?: number;
}

/** Turns of the event loop after which what a timer has set off is taken to have started its own work, and to hold the clock for it. */
const TURNS_TO_SETTLE = 5;

/**
 * A clock for tests, whose time stands still and jumps from timer to timer: while somebody waits (`unlock`) and nothing is going on
 * (`hold`), or up to the end of a `sleep`. While somebody waits and something *is* going on, a timer fires once as much real time has passed,
 * so that work which never ends runs into its timeout.
 */
export class VirtualClock implements Clock {
  private time: number;
  private readonly timers = new TimerQueue();
  private readonly holds: Record<HeldWork, number> = { workflowTask: 0, activity: 0 };
  private waiters = 0;
  private sleepers = 0;
  private running = false;
  private blocked: { readonly since: number; readonly from: number } | undefined;
  private realTimer: NodeJS.Timeout | undefined;

  constructor(options: VirtualClockOptions = {}) {
    this.time = options.startTime ?? Date.now();
  }

  /** The time, in milliseconds since the epoch. */
  now(): number {
    return this.time;
  }

  schedule(at: number, task: () => void): () => void {
    const cancel = this.timers.add({ at, task });
    this.wake();
    return cancel;
  }

  hold(work: HeldWork = 'activity'): () => void {
    this.holds[work]++;
    return once(() => {
      this.holds[work]--;
      this.wake();
    });
  }

  /**
   * Lets time skip ahead until the returned function is called.
   * @returns a function that ends it; calling it twice does nothing.
   */
  unlock(): () => void {
    this.waiters++;
    this.wake();
    return once(() => {
      this.waiters--;
      this.unblock();
    });
  }

  /** Moves time on by `ms`; timers on the way fire in their order. Does not wait for activities, only for workflow tasks. */
  async sleep(ms: number): Promise<void> {
    this.sleepers++;
    await new Promise<void>((resolve) => {
      this.schedule(this.time + Math.max(0, ms), resolve);
    });
    this.sleepers--;
  }

  private wake(): void {
    this.unblock();
    if (this.running) return;
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    try {
      for (;;) {
        await settle(this.isDue() ? 1 : TURNS_TO_SETTLE);
        if (!this.isDue() && !this.maySkip()) break;
        this.fireNext();
      }
    } finally {
      this.running = false;
    }
    this.block();
  }

  private isDue(): boolean {
    return (this.timers.peek()?.at ?? Infinity) <= this.time;
  }

  private maySkip(): boolean {
    if (this.timers.peek() === undefined || this.holds.workflowTask > 0) return false;
    return this.sleepers > 0 || (this.waiters > 0 && this.holds.activity === 0);
  }

  private fireNext(): void {
    const timer = this.timers.take();
    if (timer === undefined) return;
    this.time = Math.max(this.time, timer.at);
    timer.task();
  }

  /** Work is going on that others wait for: the next timer fires in real time, counted from when the work began to stand in the way. */
  private block(): void {
    const next = this.timers.peek();
    if (next === undefined || (this.waiters === 0 && this.sleepers === 0)) return;
    this.blocked ??= { since: performance.now(), from: this.time };
    const delay = next.at - this.blocked.from - (performance.now() - this.blocked.since);
    if (delay > 2 ** 31 - 1) return;
    clearTimeout(this.realTimer);
    this.realTimer = setTimeout(
      () => {
        this.fireNext();
        if (!this.running) {
          this.running = true;
          void this.run();
        }
      },
      Math.max(0, delay),
    );
  }

  /** The reason to fire in real time may be gone. `blocked` stays while work goes on, however many timers come and go. */
  private unblock(): void {
    clearTimeout(this.realTimer);
    this.realTimer = undefined;
    const working = this.holds.workflowTask + this.holds.activity > 0;
    if (!working || (this.waiters === 0 && this.sleepers === 0)) this.blocked = undefined;
  }
}

async function settle(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function once(task: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    task();
  };
}

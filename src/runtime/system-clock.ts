import type { Clock } from '../core/clock.ts';

/** Node keeps delays in 32 bits; longer waits are taken in steps. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;
/** How often is looked whether the time of the machine was changed, and by how much it may differ, in milliseconds. */
const LOOK_MS = { every: 1000, tolerated: 50 };

/** How a system clock is made. */
export interface SystemClockOptions {
  /** Whether its timers keep the process alive. Default `true`. */
  readonly keepAlive?: boolean;
}

/**
 * A clock that shows the time of this machine, and follows it when it is changed: what falls due by a jump forward, or while the machine slept, rings within a
 * second or so; after a jump back, what waits rings when that time comes again.
 */
export function createSystemClock(options: SystemClockOptions = {}): Clock {
  const { keepAlive = true } = options;
  return {
    now: () => Date.now(),
    schedule(at, task) {
      let timer: NodeJS.Timeout | undefined;
      const arm = (): void => {
        clearTimeout(timer);
        const delay = Math.max(0, Math.ceil(at - Date.now()));
        timer = setTimeout(ring, Math.min(delay, LONGEST_DELAY_MS));
        if (!keepAlive) timer.unref();
      };
      const ring = (): void => {
        if (Date.now() < at) arm();
        else if (forget(arm)) task();
      };
      remember(arm);
      arm();
      return () => {
        clearTimeout(timer);
        forget(arm);
      };
    },
    hold: () => () => {},
  };
}

/** The time of this machine. Its timers keep the process alive. */
export const systemClock: Clock = createSystemClock();

/** What waits, as functions that make it wait anew. Timers of Node know nothing of the time of the machine: they count how much has passed, sleep left out. */
const waiting = new Set<() => void>();
/** Tests may replace the one of the process, and have hours go by. */
const { setInterval: repeat, clearInterval: endRepeat } = globalThis;
let looking: NodeJS.Timeout | undefined;

function remember(arm: () => void): void {
  waiting.add(arm);
  if (looking !== undefined) return;
  let known = difference();
  looking = repeat(() => {
    const current = difference();
    if (Math.abs(current - known) <= LOOK_MS.tolerated) return;
    known = current;
    for (const each of waiting) each();
  }, LOOK_MS.every);
  looking.unref();
}

/** @returns whether it still waited. */
function forget(arm: () => void): boolean {
  const waited = waiting.delete(arm);
  if (waiting.size === 0) {
    endRepeat(looking);
    looking = undefined;
  }
  return waited;
}

/** Between the time of the machine and what has passed, in milliseconds. */
function difference(): number {
  return Date.now() - performance.now();
}

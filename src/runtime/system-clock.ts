import type { Clock } from '../core/clock.ts';

/** Node keeps delays in 32 bits; longer waits are taken in steps. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** How a system clock is made. */
export interface SystemClockOptions {
  /** Whether its timers keep the process alive. Default `true`. */
  readonly keepAlive?: boolean;
}

/** A clock that shows the time of this machine. */
export function createSystemClock(options: SystemClockOptions = {}): Clock {
  const { keepAlive = true } = options;
  return {
    now: () => Date.now(),
    schedule(at, task) {
      let timer: NodeJS.Timeout | undefined;
      const arm = (): void => {
        const delay = at - Date.now();
        timer =
          delay > LONGEST_DELAY_MS
            ? setTimeout(arm, LONGEST_DELAY_MS)
            : setTimeout(task, Math.max(0, Math.ceil(delay)));
        if (!keepAlive) timer.unref();
      };
      arm();
      return () => clearTimeout(timer);
    },
    hold: () => () => {},
  };
}

/** The time of this machine. Its timers keep the process alive. */
export const systemClock: Clock = createSystemClock();

import type { Clock } from "../core/clock.ts";

/** Node keeps delays in 32 bits; longer waits are taken in steps. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The time of this machine. Its timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(atMs, task) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delay = atMs - Date.now();
      timer =
        delay > LONGEST_DELAY_MS
          ? setTimeout(arm, LONGEST_DELAY_MS)
          : setTimeout(task, Math.max(0, delay));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient, toDataError } from './failures.ts';

/** A database that restarts is back by then; what waits longer is told. Milliseconds. */
const DELAYS_MS = [50, 200, 800, 2000];
const LONGEST_MS = 10_000;

/**
 * Does something that may be done twice, again when it broke off, for some seconds.
 * @param name of the database. @throws what `toDataError` makes of the last error.
 */
export async function retrying<T>(name: string, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + LONGEST_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const delay = DELAYS_MS[attempt];
      if (delay === undefined || !isTransient(error) || performance.now() + delay > end) throw toDataError(error, name);
      // Not all at once: many processes lose the same database in the same moment.
      await sleep(delay * (0.5 + Math.random() / 2));
    }
  }
}

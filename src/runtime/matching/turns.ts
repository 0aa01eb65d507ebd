import type { Clock } from '../../core/clock.ts';
import { queueKey, type QueueName } from './queue-name.ts';

/**
 * Asks to give out one task of a queue, of so many a second together with whoever else gives out tasks of it. Asked for, it counts as given out.
 * @returns after how many milliseconds it may be.
 */
export type ReserveTurn = (queue: QueueName, perSecond: number) => number | Promise<number>;

/** How the turns of a queue stand. Times are in milliseconds. */
interface Turns {
  /** When the turn after the last one comes, if nothing may come at once. */
  readonly due: number;
  /** When the last one was asked for. */
  readonly at: number;
  /** At which rate. */
  readonly perSecond: number;
}

/** How far apart turns are, and how much of the time to come may be had at once: a second's worth, as on a Temporal server. Milliseconds. */
function rateOf(perSecond: number): { readonly intervalMs: number; readonly burstMs: number } {
  const intervalMs = 1000 / perSecond;
  return { intervalMs, burstMs: intervalMs * (Math.max(1, Math.ceil(perSecond)) - 1) };
}

/**
 * When the next task may go. With another rate than before as many turns are ahead, or left of those that may come at once, each as long as the new rate says;
 * with a clock that was put back as much is ahead as there was.
 */
function nextTurn(last: Turns | undefined, now: number, perSecond: number): { waitMs: number; turns: Turns } {
  const { intervalMs, burstMs } = rateOf(perSecond);
  let due = last === undefined ? now : last.due - Math.max(0, last.at - now);
  if (last !== undefined && last.perSecond !== perSecond && due > now) {
    const before = rateOf(last.perSecond);
    due = now + burstMs + ((due - now - before.burstMs) / before.intervalMs) * intervalMs;
  }
  due = Math.max(due, now);
  return {
    waitMs: Math.max(0, due - burstMs - now),
    turns: { due: due + intervalMs, at: now, perSecond },
  };
}

/** Turns of one process alone. */
export function localTurns(clock: Clock): ReserveTurn {
  const known = new Map<string, Turns>();
  return (queue, perSecond) => {
    const key = queueKey(queue);
    const now = clock.now();
    for (const [other, { due }] of known) if (due < now) known.delete(other);
    const { waitMs, turns } = nextTurn(known.get(key), now, perSecond);
    known.set(key, turns);
    return waitMs;
  };
}

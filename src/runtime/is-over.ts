import { setTimeout as delay } from 'node:timers/promises';

/** Whether something is over within a time, in milliseconds. @throws what it fails with within that time. */
export async function isOver(what: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const patience = new AbortController();
  const { signal } = patience;
  const late = delay(milliseconds, false, { signal }).catch(() => false);
  try {
    return await Promise.race([what.then(() => true), late]);
  } finally {
    patience.abort();
  }
}

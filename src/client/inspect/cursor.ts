import { ConfigurationError } from '../../engine/index.ts';

/** Up to where a list of runs, newest first, has been given. */
export interface ListPosition {
  /** All that began later has been given. Milliseconds since the epoch, exclusive: what began at this very time has not. */
  readonly before: number;
  /** Of the runs that began in the millisecond before: those up to this run id have been given. */
  readonly runId?: string;
}

/** The last moment that servers can read; the first is the epoch. Milliseconds. */
export const LAST_TIME: number = Date.UTC(10_000, 0) - 1;

/** A position as text, for whoever goes on from there. */
export function formatCursor({ before, runId }: ListPosition): string {
  return Buffer.from(JSON.stringify(runId === undefined ? [before] : [before, runId])).toString('base64url');
}

/** The position that a cursor stands for. @throws ConfigurationError when no list has given it out. */
export function parseCursor(cursor: string): ListPosition {
  const [before, runId, ...others] = parsed(cursor);
  const isTime = Number.isSafeInteger(before) && (before as number) >= 0 && (before as number) <= LAST_TIME;
  if (!isTime || !(runId === undefined || typeof runId === 'string') || others.length > 0) {
    throw new ConfigurationError('cursor', `'${cursor.slice(0, 100)}' is no cursor of a list.`, {
      fix: 'Pass the `cursor` of the page before as it is, or leave it out to begin with the newest runs.',
    });
  }
  return { before: before as number, ...(runId === undefined ? {} : { runId }) };
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

import type { Socket } from 'node:net';
import type { Token } from '../token-channel.ts';

/** What subscribers say to publishers. */
export interface Interest {
  /** All workflow ids that the subscriber listens to from now on. */
  readonly runs: readonly string[];
}

/** A longer line is nonsense, or too much to be kept while it arrives. In characters. */
const longestLine = 1024 * 1024;

/** Reads JSON by lines. What is no JSON ends the connection with an error. */
export function readLines(socket: Socket, read: (value: unknown) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) return void socket.destroy(new Error('The line is too long.'));
    for (const text of lines) {
      const value = parseJson(text);
      if (value === undefined) return void socket.destroy(new Error('That is not JSON.'));
      read(value);
    }
    return undefined;
  });
}

/** A value as a line. */
export function line(value: Token | Interest): string {
  return `${JSON.stringify(value)}\n`;
}

/** Whether a value from a socket is a token. */
export function isToken(value: unknown): value is Token {
  if (typeof value !== 'object' || value === null) return false;
  const { workflowId, agent, step, attempt, offset, type, text } = value as Partial<Token>;
  return (
    [workflowId, agent, text].every((member) => typeof member === 'string') &&
    [step, attempt, offset].every((member) => Number.isSafeInteger(member)) &&
    (type === 'text' || type === 'reasoning')
  );
}

/** The workflow ids of an interest; none, when it isn't one. */
export function runsOf(value: unknown): ReadonlySet<string> {
  const runs = typeof value === 'object' && value !== null && 'runs' in value ? value.runs : [];
  return new Set(Array.isArray(runs) ? runs.filter((run): run is string => typeof run === 'string') : []);
}

/** @returns `undefined` when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

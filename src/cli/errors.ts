import { CommanderError } from 'commander';
import { redact } from '../agent/redaction/index.ts';
import { jsonLine, safe } from './text/escape.ts';

/** What a command came to, for whoever started the process. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** It could not be done, or what was waited for has failed. */
  failed: 1,
  /** Usage or configuration, and trying again will not help. */
  wrong: 2,
  /** There is no such run, key or agent. */
  notFound: 3,
  /** Ctrl+C, as shells have it: 128 and the number of SIGINT. */
  interrupted: 130,
} as const;

/** What the exit codes mean, for the help. */
export const EXIT_HELP = `
Exit codes: 0 all is well; 1 it failed, or the run that was waited for did; 2 wrong usage or configuration;
3 there is no such run, key or agent; 130 interrupted.`;

/** Something that was asked for is not there. */
export class NotFoundError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'NotFoundError';
  /** Never changes, unlike the message. */
  readonly code = 'NOT_FOUND';
}

/** A command was used wrongly, in a way that its flags cannot tell. */
export class UsageError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'UsageError';
  /** Never changes, unlike the message. */
  readonly code = 'USAGE';
}

/** The user has interrupted. The message says what goes on, and how to come back. */
export class InterruptedError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'InterruptedError';
  /** Never changes, unlike the message. */
  readonly code = 'INTERRUPTED';
}

/** By name, so that nothing is loaded for it, and errors of another copy of this package are known too. */
const CODES: Readonly<Record<string, number>> = {
  ConfigurationError: EXIT.wrong,
  DefinitionError: EXIT.wrong,
  UsageError: EXIT.wrong,
  NotFoundError: EXIT.notFound,
  RunNotFoundError: EXIT.notFound,
  DataNotFoundError: EXIT.notFound,
  InterruptedError: EXIT.interrupted,
};

/** The exit code that an error means. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrong;
  return (error instanceof Error ? CODES[error.name] : undefined) ?? EXIT.failed;
}

/** An error in words, with its stack and causes when asked, and without secrets. */
export function describeError(error: unknown, isVerbose: boolean): string {
  if (!(error instanceof Error)) return `perdure: ${safe(redact(String(error)))}\n`;
  if (!isVerbose) return `perdure: ${safe(redact(error.message))}\n`;
  const lines = [`perdure: ${error.stack ?? error.message}`];
  for (let { cause } = error; cause instanceof Error; { cause } = cause)
    lines.push(`caused by: ${cause.stack ?? cause.message}`);
  return `${safe(redact(lines.join('\n')))}\n`;
}

/** An error for programs, without secrets: `{"error":{"code","message"}}`. */
export function errorLine(error: unknown): string {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  return `${jsonLine({ error: { code: typeof code === 'string' ? code : 'FAILED', message: redact(message) } })}\n`;
}

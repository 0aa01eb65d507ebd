import { messageOf } from '../../agent/failures.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { DataUnavailableError } from '../errors.ts';

/** SQLSTATEs after which another attempt may help: whole classes by two characters. */
const TRANSIENT = ['08', '53', '57P01', '57P02', '57P03', '40001', '40P01', '55P03', '25006'];
/** Of Node's sockets. */
const BROKEN = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
]);
/** What `pg` says without a code. */
const BROKEN_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether the same may work in a moment: the connection broke, or the database was busy. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code !== undefined && (BROKEN.has(code) || (isState(code) && TRANSIENT.some((each) => code.startsWith(each)))))
    return true;
  return BROKEN_WORDS.test(error.message);
}

/** What a database's error is for a user. Errors of ours are given back as they are. @param name of the database. */
export function toDataError(error: unknown, name: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = codeOf(error);
  // Its message names no password; the object might, one day.
  const said = messageOf(error);
  if (isTransient(error))
    return new DataUnavailableError(`${name} can't be reached: ${said}. Check that it runs, and where.`);
  if (code === undefined || !isState(code)) return error;
  if (code === '57014') return new DataUnavailableError(`${name} took too long: ${said} (statementTimeout).`);
  if (code.startsWith('28') || code === '3D000')
    return new ConfigurationError('url', `${name} refuses: ${said}.`, { fix: 'Check user, password and database.' });
  if (code === '42501')
    return new ConfigurationError('url', `the role may not do this at ${name}: ${said}.`, {
      fix: "As the owner of the schema, run migrateWorkflowData({ url, appRole }), which grants what it needs; 'migrate: false' keeps the role from making tables.",
    });
  if (code === '42P01' || code === '3F000' || code === '42703' || code === '42883')
    return new ConfigurationError('migrate', `the tables of workflow data are missing or old at ${name}: ${said}.`, {
      fix: 'Open it without `migrate: false`, or run migrateWorkflowData as the owner of the schema.',
    });
  return new DataUnavailableError(`${name} failed: ${said} (${code}).`);
}

function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

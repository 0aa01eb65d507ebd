import type { LogLevel, LogMetadata, Logger as TemporalLogger } from '@temporalio/common';
import { destination, type Logger as PinoLogger, pino } from 'pino';
import { redact, redactValue } from '../../agent/redaction/index.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { readable } from './readable.ts';

/** How much is told. */
export type Level = 'debug' | 'error' | 'info' | 'silent' | 'trace' | 'warn';

/** How logs are written. */
export interface LoggerOptions {
  /** The least that is told. Default: `PERDURE_LOG_LEVEL`, then `info`. */
  readonly level?: Level;
  /** `json`: one object a line, for machines. `text`: for people. Default: `text` on a terminal that is not in production (`NODE_ENV`), else `json`. */
  readonly format?: 'json' | 'text';
  /** Of every line. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Takes whole lines. Default: standard error. */
  readonly write?: (line: string) => void;
}

/** Writes logs, without secrets in them. It is also what the official runtime takes as a logger, and `createApi`. */
export interface Logger extends TemporalLogger {
  /** A logger with more fields in each of its lines. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

const LEVELS: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
/** The official runtime names the part of it that speaks; a line's other fields say so. */
const NOISE: ReadonlySet<string> = new Set(['isLocal', 'taskToken']);

/**
 * Makes a logger: lines to standard error, with fields, and never a secret (`redact` says what counts as one).
 * @throws ConfigurationError when there is no such level.
 * @example
 * const logger = createLogger({ level: 'debug' });
 * logger.info('Order found', { order: 1042 });
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { format = defaultFormat(), fields = {} } = options;
  const level = checkLevel(options.level ?? process.env['PERDURE_LOG_LEVEL']?.toLowerCase() ?? 'info');
  // Not buffered: what a process says last matters most.
  const write = options.write ?? writeToStandardError();
  const stream = { write: format === 'text' ? (line: string): void => write(readable(line)) : write };
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    stream,
  );
  return new PerdureLogger(log, fields);
}

class PerdureLogger implements Logger {
  readonly #log: PinoLogger;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(log: PinoLogger, fields: Readonly<Record<string, unknown>>) {
    this.#log = log;
    this.#fields = fields;
  }

  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new PerdureLogger(this.#log, { ...this.#fields, ...fields });
  }

  log(level: LogLevel, message: string, meta?: LogMetadata): void {
    const name = level.toLowerCase() as Exclude<Level, 'silent'>;
    if (!this.#log.isLevelEnabled(name)) return;
    this.#log[name](clean({ ...this.#fields, ...meta }), redact(message));
  }

  trace(message: string, meta?: LogMetadata): void {
    this.log('TRACE', message, meta);
  }

  debug(message: string, meta?: LogMetadata): void {
    this.log('DEBUG', message, meta);
  }

  info(message: string, meta?: LogMetadata): void {
    this.log('INFO', message, meta);
  }

  warn(message: string, meta?: LogMetadata): void {
    this.log('WARN', message, meta);
  }

  error(message: string, meta?: LogMetadata): void {
    this.log('ERROR', message, meta);
  }
}

/** Symbols, which are the official runtime's own, and noise stay out. */
function clean(fields: Readonly<Record<string, unknown>>): object {
  return redactValue(Object.fromEntries(Object.entries(fields).filter(([name]) => !NOISE.has(name)))) as object;
}

function checkLevel(level: string): Level {
  const found = LEVELS.find((each) => each === level);
  if (found !== undefined) return found;
  throw new ConfigurationError('level', `there is no level '${level}'.`, { fix: `Use one of ${LEVELS.join(', ')}.` });
}

function defaultFormat(): 'json' | 'text' {
  return process.stderr.isTTY && process.env['NODE_ENV'] !== 'production' ? 'text' : 'json';
}

function writeToStandardError(): (line: string) => void {
  const stream = destination({ fd: 2, sync: true });
  return (line) => void stream.write(line);
}

import { resolve } from 'node:path';
import { DefinitionError } from '../agent/errors.ts';
import { parseTime } from '../agent/time.ts';
import type { Time } from '../agent/types.ts';
import { ConfigurationError } from '../engine/index.ts';
import { type Check, count, flag, section, show, text } from '../engine/shape.ts';
import { LIMITS } from './limits.ts';

/** Where the data is. */
export interface DataPlace {
  /**
   * Of a PostgreSQL database: `postgresql://user:password@host:5432/database`. Default: the environment's `PERDURE_DATA_URL`, then `DATABASE_URL`; without
   * either, PGlite.
   */
  readonly url?: string;
  /** Directory of a PGlite, a PostgreSQL within this process, for development and tests. Default `./.perdure/data`. */
  readonly path?: string;
  /** PGlite in memory: everything is gone when it is closed. Default `false`. */
  readonly memory?: boolean;
  /** The schema of the database that has our tables. Default `perdure_data`. */
  readonly schema?: string;
}

/** How workflow data is opened. */
export interface WorkflowDataOptions extends DataPlace {
  /** Keeps apart who shares a database: data of another tenant does not exist. At most 128 bytes. Default: none. */
  readonly tenant?: string;
  /** Whether tables are made or brought up to date when they are not. `false` for a role that may not: `migrateWorkflowData` does it then. Default `true`. */
  readonly migrate?: boolean;
  /** Connections to PostgreSQL, at most. Default 5. */
  readonly poolSize?: number;
  /** How long PostgreSQL may work on one statement. Default 10 s. */
  readonly statementTimeout?: Time;
  /** Largest value, in bytes of JSON; also what the values of one page of a query have together, if they are more than one. At most 1,048,576. Default 262,144. */
  readonly maxValueBytes?: number;
}

/** Where the data is, as it was found out. */
export type Target =
  | { readonly kind: 'postgres'; readonly url: URL; readonly source: string }
  | { readonly kind: 'pglite'; readonly path: string | undefined };

const schemaName: Check = (path, value) => {
  if (typeof value === 'string' && /^[a-z_][a-z0-9_]{0,62}$/.test(value) && !value.startsWith('pg_')) return;
  throw new ConfigurationError(path, `${show(value)} is no name of a schema.`, {
    fix: 'Use 1 to 63 small letters, digits and _, not beginning with a digit or pg_.',
  });
};

const tenantName: Check = (path, value) => {
  const isText = typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
  if (isText && Buffer.byteLength(value) <= LIMITS.tenantBytes) return;
  throw new ConfigurationError(path, `${show(value)} is no tenant.`, {
    fix: `Give text of at most ${LIMITS.tenantBytes} bytes.`,
  });
};

const valueBytes: Check = (path, value) => {
  count(1)(path, value);
  if ((value as number) <= LIMITS.mostValueBytes) return;
  throw new ConfigurationError(path, `${show(value)} is too much.`, {
    fix: `Give at most ${LIMITS.mostValueBytes}, or keep such data elsewhere and write where it is.`,
  });
};

// Never shown: it may have a password.
const url: Check = (path, value) => {
  if (typeof value !== 'string') throw noUrl(path);
};

/** How the place of the data is checked. */
export const PLACE_SHAPE: Readonly<Record<keyof DataPlace, Check>> = {
  url,
  path: text,
  memory: flag,
  schema: schemaName,
};

const shape = section(
  {
    ...PLACE_SHAPE,
    tenant: tenantName,
    migrate: flag,
    poolSize: count(1),
    statementTimeout: () => {},
    maxValueBytes: valueBytes,
  } satisfies Record<keyof WorkflowDataOptions, Check>,
  'options',
);

/** Options with their defaults. */
export interface CompleteOptions {
  readonly target: Target;
  readonly schema: string;
  readonly tenant: string;
  readonly migrate: boolean;
  readonly poolSize: number;
  /** Milliseconds. */
  readonly statementTimeout: number;
  readonly maxValueBytes: number;
}

export const DEFAULT_SCHEMA = 'perdure_data';
const DEFAULT_PATH = './.perdure/data';

/** @throws ConfigurationError when an option is wrong, or options contradict each other. */
export function completeOptions(options: WorkflowDataOptions, env: NodeJS.ProcessEnv = process.env): CompleteOptions {
  shape('', options);
  return {
    target: targetOf(options, env),
    schema: options.schema ?? DEFAULT_SCHEMA,
    tenant: options.tenant ?? '',
    migrate: options.migrate ?? true,
    poolSize: options.poolSize ?? 5,
    statementTimeout: timeOf(options.statementTimeout ?? '10 s'),
    maxValueBytes: options.maxValueBytes ?? LIMITS.valueBytes,
  };
}

/** Where the data is: what the options name, then the environment, then PGlite. @throws ConfigurationError */
export function targetOf(place: DataPlace, env: NodeJS.ProcessEnv): Target {
  const given = (['url', 'path', 'memory'] as const).filter(
    (name) => place[name] !== undefined && place[name] !== false,
  );
  const [one, other] = given;
  if (one !== undefined && other !== undefined)
    throw new ConfigurationError(other, `is set together with \`${one}\`.`, { fix: 'Choose one of the two.' });
  if (place.memory === true) return { kind: 'pglite', path: undefined };
  if (place.path !== undefined) return { kind: 'pglite', path: resolve(place.path) };
  for (const [source, value] of [
    ['url', place.url],
    ['PERDURE_DATA_URL', env['PERDURE_DATA_URL']],
    ['DATABASE_URL', env['DATABASE_URL']],
  ] as const)
    if (value !== undefined && (value !== '' || source === 'url'))
      return { kind: 'postgres', url: readUrl(source, value), source };
  return { kind: 'pglite', path: resolve(DEFAULT_PATH) };
}

function readUrl(source: string, value: string): URL {
  const parsed = URL.parse(value);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) throw noUrl(source);
  return parsed;
}

function noUrl(source: string): ConfigurationError {
  return new ConfigurationError(source, 'is no URL of a PostgreSQL database.', {
    fix: 'Give one such as postgresql://user:password@host:5432/database; percent-encode special characters of the password.',
  });
}

function timeOf(time: Time): number {
  try {
    return parseTime(time, 'statementTimeout');
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    throw new ConfigurationError('statementTimeout', `${show(time)} is no time.`, { fix: error.fix, cause: error });
  }
}

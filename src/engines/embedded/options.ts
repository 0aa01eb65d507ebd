import { isAbsolute, resolve } from 'node:path';
import type { ClientOptions } from '@temporalio/client';
import type { Clock } from '../../core/clock.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { type Check, clientOptions, flag, section, show, text } from '../../engine/shape.ts';
import { DEFAULT_DATABASE_PATH } from './sqlite-store.ts';

/** Where an embedded engine keeps its state, and by which clock it lives. */
export interface EmbeddedEngineOptions {
  /** The SQLite file. Default `./.perdure/perdure.db`. */
  readonly path?: string;
  /** Keeps everything in memory instead; it is gone with the process. Default `false`. */
  readonly memory?: boolean;
  /** Default `'default'`. */
  readonly namespace?: string;
  /** Default: the time of this machine. */
  readonly clock?: Clock;
  /** Further options of the client: data converter, interceptors, plugins, identity. The data converter is also that of the workers. */
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
}

const file: Check = (path, value) => {
  if (typeof value === 'string') return;
  throw new ConfigurationError(path, `${show(value)} is no text.`, {
    fix: 'Name a file, as a string; for a URL, use `fileURLToPath(url)`.',
  });
};

const clock: Check = (path, value) => {
  const parts: Readonly<Record<keyof Clock, unknown>> = Object(value) as Clock;
  if ([parts.now, parts.schedule, parts.hold].every((part) => typeof part === 'function')) return;
  throw new ConfigurationError(path, `${show(value)} is no clock.`, {
    fix: 'Give an object with the functions `now`, `schedule` and `hold`, or leave it out.',
  });
};

const shape = section(
  { path: file, memory: flag, namespace: text, clock, client: clientOptions } satisfies Record<
    keyof EmbeddedEngineOptions,
    Check
  >,
  'options',
);

/**
 * The database file, absolute; `undefined` for memory.
 * @throws ConfigurationError when there is no such option, or its value is of the wrong kind, or the options contradict each other.
 */
export function databasePath(options: EmbeddedEngineOptions): string | undefined {
  shape('', options);
  const { path, memory } = options;
  if (memory === true && path !== undefined) {
    throw new ConfigurationError('memory', 'is set together with `path`.', { fix: 'Choose one of the two.' });
  }
  if (memory === true) return undefined;
  const name = path ?? DEFAULT_DATABASE_PATH;
  if (name.trim() === '') throw new ConfigurationError('path', 'is empty.', { fix: 'Name a file.' });
  if (name.includes('\0')) throw new ConfigurationError('path', 'has a null character in it.', { fix: 'Name a file.' });
  if (name === ':memory:') {
    throw new ConfigurationError('path', "':memory:' is no file here.", { fix: 'Use `memory: true`.' });
  }
  return isAbsolute(name) ? name : resolve(name);
}

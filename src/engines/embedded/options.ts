import { isAbsolute, resolve } from 'node:path';
import type { ClientOptions } from '@temporalio/client';
import type { Clock } from '../../core/clock.ts';
import { ConfigurationError } from '../../engine/index.ts';
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

/**
 * The database file, absolute; `undefined` for memory.
 * @throws ConfigurationError when the options contradict each other.
 */
export function databasePath({ path, memory }: EmbeddedEngineOptions): string | undefined {
  if (memory === true && path !== undefined) {
    throw new ConfigurationError('memory', 'is set together with `path`.', { fix: 'Choose one of the two.' });
  }
  if (memory === true) return undefined;
  const file = path ?? DEFAULT_DATABASE_PATH;
  if (file.trim() === '') throw new ConfigurationError('path', 'is empty.', { fix: 'Name a file.' });
  if (file === ':memory:') {
    throw new ConfigurationError('path', "':memory:' is no file here.", { fix: 'Use `memory: true`.' });
  }
  return isAbsolute(file) ? file : resolve(file);
}

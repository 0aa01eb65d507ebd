import { Socket } from 'node:net';
import { Kysely, PostgresDialect } from 'kysely';
import { loadPackage } from '../load-package.ts';
import type { Database, Tables } from './database.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** How connections are used. */
export interface PostgresOptions {
  /** At most. */
  readonly poolSize: number;
  /** A connection on which nothing was heard for so long is given up: a network may be gone without a word. Milliseconds. Default: never. */
  readonly silence?: number;
}

/** Opens a database of a PostgreSQL server. Connects when it is first used. @throws ConfigurationError when `pg` is missing. */
export async function openPostgres(url: URL, { poolSize, silence = 0 }: PostgresOptions): Promise<Database> {
  const { default: pg } = await loadPackage(() => import('pg'), 'kysely pg');
  const pool = new pg.Pool({
    connectionString: url.href,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: url.searchParams.get('application_name') ?? 'perdure',
    stream: () => {
      const socket = new Socket();
      return socket.setTimeout(silence, () => socket.destroy());
    },
  });
  // A connection may break while nobody uses it, or between two statements; without listeners the process would end. Whoever uses it next is told.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, name: nameOf(url), close: () => db.destroy() };
}

function nameOf({ host, pathname }: URL): string {
  return `PostgreSQL at ${host || 'localhost'}${pathname}`;
}

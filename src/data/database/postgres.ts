import { Kysely, PostgresDialect } from 'kysely';
import { loadPackage } from '../load-package.ts';
import type { Database, Tables } from './database.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** Opens a database of a PostgreSQL server. Connects when it is first used. @throws ConfigurationError when `pg` is missing. */
export async function openPostgres(url: URL, poolSize: number): Promise<Database> {
  const { default: pg } = await loadPackage(() => import('pg'), 'kysely pg');
  const pool = new pg.Pool({
    connectionString: url.href,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: url.searchParams.get('application_name') ?? 'perdure',
  });
  // A connection that breaks while nobody uses it is made anew; without a listener the process would end.
  pool.on('error', () => {});
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, name: nameOf(url), close: () => db.destroy() };
}

function nameOf({ host, pathname }: URL): string {
  return `PostgreSQL at ${host || 'localhost'}${pathname}`;
}

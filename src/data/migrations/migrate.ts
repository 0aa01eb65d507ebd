import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Tables } from '../database/database.ts';
import { first } from './first.ts';

const TABLE = 'migrations';

/** In this order, for ever. Each only adds, so that processes of the version before can go on working. */
const MIGRATIONS: Readonly<Record<string, (db: QueryExecutorProvider, schema: string) => Promise<void>>> = {
  '0001_first': first,
};

/** The names of the migrations that a database has not had. */
export async function pendingMigrations(db: QueryExecutorProvider, schema: string): Promise<readonly string[]> {
  const names = Object.keys(MIGRATIONS);
  // Asked first, as a missing table is an error, and errors end up in the server's log.
  const { rows: found } = await sql<{ there: boolean }>`
    select to_regclass(${`${schema}.${TABLE}`}) is not null as there`.execute(db);
  if (found[0]?.there !== true) return names;
  const { rows } = await sql<{ name: string }>`select name from ${sql.id(schema, TABLE)}`.execute(db);
  return names.filter((name) => !rows.some((row) => row.name === name));
}

/**
 * Brings a database up to date. Many may do so at once: one does it, the others wait. A database that a newer version brought further is left as it is.
 * @returns the names of the migrations that were done. @throws what the database says.
 */
export async function migrate(db: Kysely<Tables>, schema: string): Promise<readonly string[]> {
  const pending = await pendingMigrations(db, schema);
  if (pending.length === 0) return [];
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(Object.entries(MIGRATIONS).map(([name, up]) => [name, { up: (each) => up(each, schema) }])),
    },
    migrationTableSchema: schema,
    migrationTableName: TABLE,
    migrationLockTableName: 'migration_lock',
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error as Error;
  return results.map(({ migrationName }) => migrationName);
}

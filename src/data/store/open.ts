import { sql } from 'kysely';
import { ConfigurationError } from '../../engine/index.ts';
import type { Database } from '../database/database.ts';
import { openPglite } from '../database/pglite.ts';
import { type PostgresOptions, openPostgres } from '../database/postgres.ts';
import { retrying } from '../database/retry.ts';
import { grant, setRowLevelSecurity } from '../migrations/grant.ts';
import { migrate, pendingMigrations } from '../migrations/migrate.ts';
import type { CompleteOptions, Target } from '../options.ts';
import { DataStore } from './store.ts';

/** An answer may be on its way for so long after the server ended a statement. Milliseconds. */
const ANSWER_MS = 5000;

/** Opens a database, makes sure that its tables are there, and the data in it. */
export async function openStore(options: CompleteOptions): Promise<DataStore> {
  const { poolSize, statementTimeout } = options;
  const database = await openTarget(options.target, { poolSize, silence: statementTimeout + ANSWER_MS });
  try {
    await retrying(database.name, () => prepare(database, options));
    return new DataStore(database, options);
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

/** What is set up beside the tables. */
export interface SetUp {
  readonly target: Target;
  readonly schema: string;
  readonly appRole: string | undefined;
  readonly rowLevelSecurity: boolean | undefined;
}

/** Brings a database up to date, as its owner. @returns the names of the migrations that were done. */
export async function setUp({ target, schema, appRole, rowLevelSecurity }: SetUp): Promise<readonly string[]> {
  const database = await openTarget(target, { poolSize: 1 });
  try {
    return await retrying(database.name, async () => {
      const done = await migrate(database.db, schema);
      if (appRole !== undefined) await grant(database.db, schema, appRole);
      if (rowLevelSecurity !== undefined) await setRowLevelSecurity(database.db, schema, rowLevelSecurity);
      return done;
    });
  } finally {
    await database.close();
  }
}

function openTarget(target: Target, options: PostgresOptions): Promise<Database> {
  return target.kind === 'postgres' ? openPostgres(target.url, options) : openPglite(target.path);
}

async function prepare(
  { db, name }: Database,
  { schema, migrate: mayMigrate, target }: CompleteOptions,
): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db);
  const encoding = rows[0]?.encoding;
  if (encoding !== 'UTF8')
    throw new ConfigurationError('url', `${name} keeps text as ${encoding}, which can't hold all characters.`, {
      fix: "Make a database with encoding 'UTF8'.",
    });
  if ((await pendingMigrations(db, schema)).length === 0) return;
  if (!mayMigrate)
    throw new ConfigurationError('migrate', `the schema ${schema} at ${name} is missing or not up to date.`, {
      fix: 'Run migrateWorkflowData as its owner, or open it without `migrate: false`.',
    });
  // On a connection of its own: it may work in silence for a long time.
  if (target.kind === 'postgres') await setUp({ target, schema, appRole: undefined, rowLevelSecurity: undefined });
  else await migrate(db, schema);
}

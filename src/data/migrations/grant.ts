import { type Kysely, sql } from 'kysely';
import { ConfigurationError } from '../../engine/index.ts';
import type { Tables } from '../database/database.ts';

/** Lets a role read and add entries, and nothing else. @throws ConfigurationError when there is no such role. */
export async function grant(db: Kysely<Tables>, schema: string, role: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_roles where rolname = ${role}`.execute(db);
  if (rows.length === 0)
    throw new ConfigurationError('appRole', `there is no role ${JSON.stringify(role)}.`, {
      fix: `Make it: create role ${role} login password '…'.`,
    });
  const to = sql.id(role);
  const all = sql`all tables in schema ${sql.id(schema)}`;
  await db.transaction().execute(async (trx) => {
    await sql`revoke all on ${all} from ${to}`.execute(trx);
    await sql`grant usage on schema ${sql.id(schema)} to ${to}`.execute(trx);
    await sql`grant select, insert on ${sql.id(schema, 'entries')} to ${to}`.execute(trx);
    await sql`grant select on ${sql.id(schema, 'migrations')} to ${to}`.execute(trx);
    await sql`grant execute on function ${sql.id(schema, 'sweep')}(integer) to ${to}`.execute(trx);
    await sql`grant execute on function ${sql.id(schema, 'free_key')}(text, text, text) to ${to}`.execute(trx);
  });
}

/** Switches row-level security on, for the owner of the table too, or off. */
export async function setRowLevelSecurity(db: Kysely<Tables>, schema: string, isOn: boolean): Promise<void> {
  const [enable, force] = isOn ? [sql`enable`, sql`force`] : [sql`disable`, sql`no force`];
  await sql`
    alter table ${sql.id(schema, 'entries')} ${enable} row level security, ${force} row level security`.execute(db);
}

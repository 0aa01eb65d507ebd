import { type Transaction, sql } from 'kysely';
import type { CheckedData } from '../check.ts';
import type { Tables } from '../database/database.ts';
import { DataExistsError } from '../errors.ts';
import { JSON_COLUMNS, SUMMARY_COLUMNS, isAlive } from './columns.ts';
import { type EntryRow, toSummary } from './rows.ts';

/** What is written, by whom, and where. */
export interface Write {
  readonly schema: string;
  readonly tenant: string;
  readonly run: string;
  readonly data: CheckedData;
  readonly agent: string;
  readonly workflowId: string;
  readonly step: string | undefined;
  readonly idempotencyKey: string;
}

/** Somebody may take the key that was just freed, and that may expire again; not for ever. */
const MOST_ROUNDS = 3;

/**
 * Adds an entry, unless its key has one. An entry that is expired makes room; one of the same write is the answer.
 * @throws DataExistsError
 */
export async function write(trx: Transaction<Tables>, it: Write): Promise<EntryRow> {
  for (let round = 1; ; round += 1) {
    const written = await insert(trx, it);
    if (written !== undefined) return written;
    const there = await find(trx, it);
    if (there !== undefined) return sameOrError(there, it);
    if (round === MOST_ROUNDS) throw new Error(`The key ${JSON.stringify(it.data.key)} expires again and again.`);
    await sql`select ${sql.id(it.schema, 'free_key')}(${it.tenant}, ${it.run}, ${it.data.key})`.execute(trx);
  }
}

function insert(trx: Transaction<Tables>, it: Write): Promise<EntryRow | undefined> {
  const { data } = it;
  const schema = data.schema === undefined ? null : JSON.stringify(data.schema);
  const lives = data.ttl ?? null;
  return trx
    .insertInto('entries')
    .values({
      tenant: it.tenant,
      run_id: it.run,
      key: data.key,
      // Said to be text first: a driver that knows of JSON would encode it again.
      value: sql<string>`${data.json}::text::json`,
      value_bytes: data.bytes,
      description: data.description ?? null,
      schema: sql<string | null>`${schema}::text::json`,
      agent: it.agent,
      workflow_id: it.workflowId,
      step_id: it.step ?? null,
      idempotency_key: it.idempotencyKey,
      expires_at: sql<Date | null>`now() + make_interval(secs => ${lives}::double precision)`,
    })
    .onConflict((conflict) => conflict.columns(['tenant', 'run_id', 'key']).doNothing())
    .returning([...SUMMARY_COLUMNS, ...JSON_COLUMNS])
    .executeTakeFirst();
}

/** The entry that is in the way; `undefined` when it is expired, or gone. */
function find(trx: Transaction<Tables>, { tenant, run, data }: Write): Promise<(EntryRow & Repeat) | undefined> {
  return trx
    .selectFrom('entries')
    .select([...SUMMARY_COLUMNS, ...JSON_COLUMNS])
    .select('idempotency_key')
    .where('tenant', '=', tenant)
    .where('run_id', '=', run)
    .where('key', '=', data.key)
    .where(isAlive)
    .executeTakeFirst();
}

interface Repeat {
  readonly idempotency_key: string;
}

function sameOrError(there: EntryRow & Repeat, it: Write): EntryRow {
  if (there.idempotency_key === it.idempotencyKey && there.value === it.data.json) return there;
  throw new DataExistsError(it.data.key, toSummary(there));
}

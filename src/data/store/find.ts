import { type SelectQueryBuilder, type Transaction, sql } from 'kysely';
import type { Tables } from '../database/database.ts';
import { afterPrefix } from '../pattern.ts';
import { JSON_COLUMNS, SUMMARY_COLUMNS, isAlive } from './columns.ts';
import type { EntryRow, SummaryRow } from './rows.ts';

/** Whose entries, and which. */
export interface Search {
  readonly tenant: string;
  readonly run: string;
  readonly agent?: string | undefined;
  /** What keys begin with. */
  readonly prefix: string;
  /** What they match, as SQL understands it. */
  readonly like?: string | undefined;
  /** Only keys behind this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What was found, and whether there is more. */
export interface Found<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/** The entry of a key. */
export function findEntry(
  trx: Transaction<Tables>,
  tenant: string,
  run: string,
  key: string,
): Promise<EntryRow | undefined> {
  return alive(trx, tenant, run)
    .where('key', '=', key)
    .select([...SUMMARY_COLUMNS, ...JSON_COLUMNS])
    .executeTakeFirst();
}

/** A page without values. */
export async function findSummaries(trx: Transaction<Tables>, search: Search): Promise<Found<SummaryRow>> {
  const rows = await matching(trx, search).select(SUMMARY_COLUMNS).execute();
  return { rows: rows.slice(0, search.limit), hasMore: rows.length > search.limit };
}

/** A page with values, which ends before they have more than `mostBytes` together. One value is always there. */
export async function findEntries(
  trx: Transaction<Tables>,
  search: Search,
  mostBytes: number,
): Promise<Found<EntryRow>> {
  const candidates = matching(trx, search).select([...SUMMARY_COLUMNS, 'value', 'schema']);
  const counted = trx
    .selectFrom(candidates.as('candidate'))
    .selectAll()
    .select([
      sql<string>`sum(value_bytes) over (order by key rows unbounded preceding)`.as('total_bytes'),
      sql<string>`count(*) over ()`.as('candidates'),
    ]);
  // Only here are values read: those that were too much stay where they are.
  const rows = await trx
    .selectFrom(counted.as('counted'))
    .select([...SUMMARY_COLUMNS, ...JSON_COLUMNS, 'candidates'])
    .where(sql<boolean>`(total_bytes <= ${mostBytes} or total_bytes = value_bytes)`)
    .orderBy('key')
    .execute();
  const page = rows.slice(0, search.limit);
  return { rows: page, hasMore: Number(rows[0]?.candidates ?? 0) > page.length };
}

type Entries<Output> = SelectQueryBuilder<Tables, 'entries', Output>;

/** One more than asked for, which says whether there is more. The range of keys is the index's; what is left to compare is the rest of a pattern. */
function matching(trx: Transaction<Tables>, search: Search): Entries<object> {
  const end = afterPrefix(search.prefix);
  return alive(trx, search.tenant, search.run)
    .$if(search.prefix !== '', (query) => query.where('key', '>=', search.prefix))
    .$if(search.prefix !== '' && end !== undefined, (query) => query.where('key', '<', end ?? ''))
    .$if(search.like !== undefined, (query) => query.where('key', 'like', search.like ?? ''))
    .$if(search.after !== undefined, (query) => query.where('key', '>', search.after ?? ''))
    .$if(search.agent !== undefined, (query) => query.where('agent', '=', search.agent ?? ''))
    .orderBy('key')
    .limit(search.limit + 1);
}

function alive(trx: Transaction<Tables>, tenant: string, run: string): Entries<object> {
  return trx.selectFrom('entries').where('tenant', '=', tenant).where('run_id', '=', run).where(isAlive);
}

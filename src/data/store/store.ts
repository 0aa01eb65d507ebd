import { randomUUID } from 'node:crypto';
import { type Transaction, sql } from 'kysely';
import { checkData, checkKey, checkLimit, checkName, checkObject, checkRun, checkText, checkWriter } from '../check.ts';
import { fromCursor, toCursor } from '../cursor.ts';
import type { Database, Tables } from '../database/database.ts';
import { retrying } from '../database/retry.ts';
import { DataNotFoundError, DataUnavailableError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { CompleteOptions } from '../options.ts';
import { readPattern } from '../pattern.ts';
import type {
  DataEntry,
  DataListing,
  DataPage,
  DataQuery,
  DataSummary,
  DataWriter,
  NewData,
  WorkflowData,
} from '../types.ts';
import { type Found, type Search, findEntries, findEntry, findSummaries } from './find.ts';
import { type SummaryRow, toEntry, toSummary } from './rows.ts';
import { write } from './write.ts';

const SWEEP_EVERY_MS = 10 * 60 * 1000;
const SWEPT_AT_ONCE = 1000;

/** What of the options it needs. */
type StoreOptions = Pick<CompleteOptions, 'schema' | 'tenant' | 'statementTimeout' | 'maxValueBytes'>;

/** Workflow data in a database that is up to date. */
export class DataStore implements WorkflowData {
  readonly #database: Database;
  readonly #options: StoreOptions;
  readonly #sweeping: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  constructor(database: Database, options: StoreOptions) {
    this.#database = database;
    this.#options = options;
    // What it can't do now it does the next time.
    this.#sweeping = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_EVERY_MS).unref();
  }

  async write(run: string, data: NewData, by: DataWriter): Promise<DataEntry> {
    checkRun(run);
    checkWriter(by);
    const { schema, tenant, maxValueBytes } = this.#options;
    const it = {
      schema,
      tenant,
      run,
      data: checkData(data, maxValueBytes),
      agent: by.agent,
      workflowId: by.workflowId ?? run,
      step: by.step,
      // An attempt whose answer was lost has to know its own entry.
      idempotencyKey: by.idempotencyKey ?? randomUUID(),
    };
    return toEntry(await this.#inRun(run, (trx) => write(trx, it)));
  }

  async read(run: string, key: string): Promise<DataEntry> {
    checkRun(run);
    checkKey(key);
    const row = await this.#inRun(run, (trx) => findEntry(trx, this.#options.tenant, run, key));
    if (row === undefined) throw new DataNotFoundError(key);
    return toEntry(row);
  }

  async query(run: string, query: DataQuery): Promise<DataPage<DataEntry>> {
    checkObject(query, 'query', ['pattern', 'limit', 'cursor']);
    checkName(query.pattern, 'pattern', LIMITS.keyBytes);
    const search = this.#search(run, query, readPattern(query.pattern));
    const found = await this.#inRun(run, (trx) => findEntries(trx, search, this.#options.maxValueBytes));
    return toPage(found, toEntry);
  }

  async list(run: string, listing: DataListing = {}): Promise<DataPage<DataSummary>> {
    checkObject(listing, 'listing', ['filterByAgent', 'prefix', 'limit', 'cursor']);
    const { filterByAgent: agent, prefix = '' } = listing;
    if (agent !== undefined) checkName(agent, 'filterByAgent', LIMITS.agentBytes);
    checkText(prefix, 'prefix', LIMITS.keyBytes);
    const search = this.#search(run, listing, { prefix, agent });
    return toPage(await this.#inRun(run, (trx) => findSummaries(trx, search)), toSummary);
  }

  async sweep(): Promise<number> {
    let sum = 0;
    for (;;) {
      const deleted = await this.#inRun('', async (trx) => {
        const { rows } = await sql<{ deleted: number }>`
          select ${sql.id(this.#options.schema, 'sweep')}(${SWEPT_AT_ONCE}) as deleted`.execute(trx);
        return rows[0]?.deleted ?? 0;
      });
      sum += deleted;
      if (deleted < SWEPT_AT_ONCE) return sum;
    }
  }

  close(): Promise<void> {
    clearInterval(this.#sweeping);
    this.#closed ??= this.#database.close();
    return this.#closed;
  }

  #search(
    run: string,
    page: { limit?: number; cursor?: string },
    what: Pick<Search, 'prefix' | 'like' | 'agent'>,
  ): Search {
    checkRun(run);
    const after = page.cursor === undefined ? undefined : fromCursor(page.cursor);
    return { tenant: this.#options.tenant, run, ...what, after, limit: checkLimit(page.limit) };
  }

  /** A transaction for one run: the policies of the database go by what it says first. May be done twice. */
  #inRun<T>(run: string, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
    const { tenant, schema, statementTimeout } = this.#options;
    const { db, name } = this.#database;
    if (this.#closed !== undefined)
      return Promise.reject(new DataUnavailableError('The workflow data is closed. Open it again.'));
    return retrying(name, () =>
      db
        .withSchema(schema)
        .transaction()
        .execute(async (trx) => {
          await sql`
            select set_config('perdure.tenant', ${tenant}, true), set_config('perdure.run', ${run}, true),
              set_config('statement_timeout', ${String(statementTimeout)}, true)`.execute(trx);
          return work(trx);
        }),
    );
  }
}

function toPage<Row extends SummaryRow, Item>({ rows, hasMore }: Found<Row>, read: (row: Row) => Item): DataPage<Item> {
  const last = rows.at(-1);
  return { entries: rows.map(read), ...(hasMore && last !== undefined && { cursor: toCursor(last.key) }) };
}

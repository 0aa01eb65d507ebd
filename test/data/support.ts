import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { openWorkflowData, type WorkflowData, type WorkflowDataOptions } from '../../src/data/index.ts';

/** A PostgreSQL that tests may make databases and roles in. */
export const postgresUrl: string | undefined = process.env['PERDURE_TEST_POSTGRES_URL'] || undefined;

/** Who writes, where it does not matter. */
export const by = { agent: 'tester' } as const;

/** A run of its own for each test. */
export function newRun(): string {
  return `run-${randomUUID()}`;
}

/** How a suite opens the data of one database, as often as it wants. */
export type Open = (options?: Omit<WorkflowDataOptions, 'url' | 'path' | 'memory'>) => Promise<WorkflowData>;

/** A database for one file of tests. */
export interface TestDatabase {
  readonly url: string;
  /** As the superuser. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  drop(): Promise<void>;
}

/** Makes a database whose own order of text is not that of bytes, as most have it. */
export async function makeDatabase(): Promise<TestDatabase> {
  const name = `perdure_test_${randomUUID().replaceAll('-', '')}`;
  const server = new pg.Client({ connectionString: postgresUrl });
  await server.connect();
  const icu = `locale_provider icu icu_locale 'en-US'`;
  await server
    .query(`create database ${name} template template0 encoding 'UTF8' ${icu}`)
    .catch(() => server.query(`create database ${name} template template0 encoding 'UTF8'`));
  const url = new URL(postgresUrl ?? '');
  url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  return {
    url: url.href,
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
    drop: async () => {
      await client.end();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}

/** Opens the data of a database. */
export function opener(place: WorkflowDataOptions): Open {
  return (options = {}) => openWorkflowData({ ...place, ...options });
}

/** All pages of something. */
export async function allPages<Item>(
  get: (cursor: {
    readonly cursor?: string;
  }) => Promise<{ readonly entries: readonly Item[]; readonly cursor?: string }>,
): Promise<readonly (readonly Item[])[]> {
  const pages: (readonly Item[])[] = [];
  let page = await get({});
  pages.push(page.entries);
  while (page.cursor !== undefined) {
    page = await get({ cursor: page.cursor });
    pages.push(page.entries);
  }
  return pages;
}

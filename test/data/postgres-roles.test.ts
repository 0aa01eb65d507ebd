import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WorkflowData, migrateWorkflowData, openWorkflowData } from '../../src/data/index.ts';
import { type TestDatabase, by, makeDatabase, newRun, postgresUrl } from './support.ts';
import { entriesSuite } from './suite/entries.ts';

describe.skipIf(postgresUrl === undefined)('with an owner that migrates and a role that only reads and adds', () => {
  const owner = `owner_${randomUUID().slice(0, 8)}`;
  const app = `app_${randomUUID().slice(0, 8)}`;
  let database: TestDatabase;
  let ownerUrl: string;
  let appUrl: string;
  let client: pg.Client;

  /** As the application's role, in a transaction that says which run it is for. */
  async function asApp(
    run: string | undefined,
    sql: string,
    values: unknown[] = [],
    tenant = '',
  ): Promise<pg.QueryResult> {
    await client.query('begin');
    try {
      if (run !== undefined)
        await client.query(`select set_config('perdure.tenant', $1, true), set_config('perdure.run', $2, true)`, [
          tenant,
          run,
        ]);
      return await client.query(sql, values);
    } finally {
      await client.query('rollback');
    }
  }

  beforeAll(async () => {
    database = await makeDatabase();
    await database.query(`create role ${owner} login`);
    await database.query(`create role ${app} login`);
    await database.query(`grant create on database ${new URL(database.url).pathname.slice(1)} to ${owner}`);
    ownerUrl = withUser(database.url, owner);
    appUrl = withUser(database.url, app);
    client = new pg.Client({ connectionString: appUrl });
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    await database.query(`drop owned by ${owner} cascade`);
    await database.query(`drop owned by ${app} cascade`);
    await database.drop();
    const server = new pg.Client({ connectionString: postgresUrl });
    await server.connect();
    await server.query(`drop role ${owner}`);
    await server.query(`drop role ${app}`);
    await server.end();
  });

  it('is told what to do before the owner has migrated', async () => {
    await expect(openWorkflowData({ url: appUrl, migrate: false })).rejects.toMatchObject({
      name: 'ConfigurationError',
      path: 'migrate',
      fix: expect.stringContaining('migrateWorkflowData'),
    });
    await expect(openWorkflowData({ url: appUrl })).rejects.toMatchObject({
      name: 'ConfigurationError',
      fix: expect.stringContaining('appRole'),
    });
    await expect(migrateWorkflowData({ url: ownerUrl, appRole: 'nobody_here' })).rejects.toMatchObject({
      name: 'ConfigurationError',
      path: 'appRole',
    });
  });

  it('is set up by the owner, as often as it likes', async () => {
    const before = await database.query(`select 1 from pg_tables where schemaname = 'perdure_data'`);
    expect(before.length).toBeGreaterThan(0);
    for (let time = 0; time < 2; time += 1)
      expect(await migrateWorkflowData({ url: ownerUrl, appRole: app, rowLevelSecurity: true })).toEqual([]);
    const [table] = await database.query(
      `select relrowsecurity, relforcerowsecurity from pg_class where oid = 'perdure_data.entries'::regclass`,
    );
    expect(table).toEqual({ relrowsecurity: true, relforcerowsecurity: true });
  });

  describe('the role', () => {
    let data: WorkflowData;
    let run: string;
    beforeAll(async () => {
      data = await openWorkflowData({ url: appUrl, migrate: false });
      run = newRun();
      await data.write(run, { key: 'k', value: 1 }, by);
    });
    afterAll(() => data.close());

    it.each([
      `update perdure_data.entries set value = '2'`,
      `delete from perdure_data.entries`,
      `truncate perdure_data.entries`,
      `alter table perdure_data.entries disable row level security`,
      `drop table perdure_data.entries`,
      `create table perdure_data.mine (x int)`,
      `select * from perdure_data.entries for update`,
      `insert into perdure_data.migrations values ('x', 'x')`,
      `set role ${owner}`,
    ])('may not: %s', async (sql) => {
      await expect(asApp(run, sql)).rejects.toMatchObject({ code: '42501' });
    });

    it('sees no other run and no other tenant, whatever it asks', async () => {
      const select = 'select key from perdure_data.entries';
      expect((await asApp(run, select)).rows).toEqual([{ key: 'k' }]);
      expect((await asApp(newRun(), select)).rows).toEqual([]);
      expect((await asApp(run, select, [], 'acme')).rows).toEqual([]);
      expect((await asApp(undefined, select)).rows).toEqual([]);
      expect((await asApp('', select)).rows).toEqual([]);
    });

    it('can not write into another run', async () => {
      const insert = `insert into perdure_data.entries (tenant, run_id, key, value, value_bytes, agent, workflow_id, idempotency_key)
        values ('', $1, 'x', '1', 1, 'a', $1, 'i')`;
      await expect(asApp(newRun(), insert, [run])).rejects.toMatchObject({ code: '42501' });
      expect((await asApp(run, insert, [run])).rowCount).toBe(1);
    });

    it('can free no key that is not expired', async () => {
      await client.query(`select perdure_data.free_key('', $1, 'k')`, [run]);
      await client.query('select perdure_data.sweep(1000)');
      expect((await data.read(run, 'k')).value).toBe(1);
    });

    it('can not be tricked by a function of its own', async () => {
      // The functions run with the owner's rights, and look up no name on the caller's path.
      const { rows } = await client.query<{ config: string[] }>(
        `select proconfig as config from pg_proc where pronamespace = 'perdure_data'::regnamespace and prosecdef`,
      );
      expect(rows).toHaveLength(2);
      for (const { config } of rows) expect(config).toEqual(['search_path=pg_catalog, pg_temp']);
    });
  });

  it('not even the owner changes what is written, or sees what it does not name', async () => {
    const data = await openWorkflowData({ url: appUrl, migrate: false });
    const run = newRun();
    await data.write(run, { key: 'k', value: 1 }, by);
    const other = new pg.Client({ connectionString: ownerUrl });
    await other.connect();
    await expect(other.query(`update perdure_data.entries set value = '2'`)).rejects.toMatchObject({ code: '23001' });
    expect((await other.query('select * from perdure_data.entries')).rows).toEqual([]);
    expect((await other.query('delete from perdure_data.entries')).rowCount).toBe(0);
    // That is how an operator deletes the data of one run.
    await other.query('begin');
    await other.query(`select set_config('perdure.tenant', '', true), set_config('perdure.run', $1, true)`, [run]);
    expect((await other.query('delete from perdure_data.entries')).rowCount).toBe(1);
    await other.query('commit');
    await other.end();
    expect(await data.list(run)).toEqual({ entries: [] });
    await data.close();
  });

  describe('has all that data has', () => {
    entriesSuite((options = {}) => openWorkflowData({ url: appUrl, migrate: false, ...options }));
  });
});

function withUser(url: string, user: string): string {
  const changed = new URL(url);
  changed.username = user;
  return changed.href;
}

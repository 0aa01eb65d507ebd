import { createServer, connect as connectTo, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DataExistsError,
  DataUnavailableError,
  type WorkflowData,
  migrateWorkflowData,
  openWorkflowData,
} from '../../src/data/index.ts';
import { ConfigurationError } from '../../src/engine/index.ts';
import { type TestDatabase, by, makeDatabase, newRun, postgresUrl } from './support.ts';

/** A way to the database that can be cut. */
class Way {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Cuts a connection when a client says something that has this in it, after it was passed on. */
  cutAfter: string | undefined;
  isOpen = true;
  /** Lets nothing through, and tells nobody. */
  isMute = false;
  /** What was not let through. */
  heard = 0;

  constructor(target: URL) {
    this.#server = createServer((near) => {
      if (!this.isOpen) return near.destroy();
      const far = connectTo(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {}).on('close', () => (near.destroy(), far.destroy()));
      }
      near.on('data', (chunk: Buffer) => {
        if (this.isMute) {
          this.heard += 1;
          return;
        }
        far.write(chunk);
        if (this.cutAfter === undefined || !chunk.includes(this.cutAfter)) return;
        this.cutAfter = undefined;
        // The answer does not come through, but what was asked is done.
        far.unpipe(near);
        far.once('data', () => near.destroy());
        far.resume();
      });
      return far.pipe(near);
    });
  }

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe.skipIf(postgresUrl === undefined)('when PostgreSQL fails', () => {
  let database: TestDatabase;
  let data: WorkflowData;
  let way: Way;
  let wayUrl: string;
  beforeAll(async () => {
    database = await makeDatabase();
    way = new Way(new URL(database.url));
    const url = new URL(database.url);
    url.port = String(await way.open());
    wayUrl = url.href;
    data = await openWorkflowData({ url: wayUrl, statementTimeout: '500 ms' });
  });
  afterAll(async () => {
    await data.close();
    way.close();
    await database.drop();
  });

  it('goes on after the server has ended all connections', async () => {
    const run = newRun();
    await data.write(run, { key: 'a', value: 1 }, by);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect((await data.read(run, 'a')).value).toBe(1);
    const reads = Array.from({ length: 20 }, () => data.read(run, 'a'));
    way.cut();
    expect(await Promise.all(reads)).toHaveLength(20);
  });

  it('a write whose answer is lost is done once, and is no error', async () => {
    const run = newRun();
    way.cutAfter = 'commit';
    const written = await data.write(run, { key: 'k', value: 'once' }, by);
    expect(way.cutAfter).toBe(undefined);
    expect(await data.read(run, 'k')).toEqual(written);
    await expect(data.write(run, { key: 'k', value: 'once' }, by)).rejects.toThrow(DataExistsError);
  });

  it('gives up a connection that no answer comes through', async () => {
    const run = newRun();
    await data.list(run);
    way.isMute = true;
    const read = data.list(run);
    await expect.poll(() => way.heard).toBeGreaterThan(0);
    way.isMute = false;
    expect(await read).toEqual({ entries: [] });
  });

  it('says that it can not be reached, within some seconds, and works again after that', async () => {
    const run = newRun();
    way.isOpen = false;
    way.cut();
    const error: unknown = await data.read(run, 'k').catch((each: unknown) => each);
    expect(error).toBeInstanceOf(DataUnavailableError);
    expect(error).toMatchObject({ code: 'DATA_UNAVAILABLE' });
    expect((error as Error).message).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:\d+\/perdure_test_\w+ can't be reached: .+ Check that it runs/,
    );
    way.isOpen = true;
    expect(await data.write(run, { key: 'k', value: 1 }, by)).toMatchObject({ key: 'k' });
  });

  it('ends a statement that takes too long', async () => {
    const run = newRun();
    await database.query('begin');
    await database.query('lock table perdure_data.entries in access exclusive mode');
    await expect(data.read(run, 'k')).rejects.toThrow(DataUnavailableError);
    await expect(data.read(run, 'k')).rejects.toThrow('statementTimeout');
    await database.query('rollback');
    expect(await data.list(run)).toEqual({ entries: [] });
  });

  it('never shows a password', async () => {
    const secret = 's3cret-p%40ss';
    const wrong = (change: (url: URL) => void): string => {
      const url = new URL(wayUrl);
      url.password = secret;
      change(url);
      return url.href;
    };
    const urls = [
      wrong((url) => (url.pathname = '/no_such_database')),
      wrong((url) => (url.username = 'no_such_user')),
      wrong((url) => (url.port = '1')),
      wrong((url) => (url.hostname = 'no-such-host.invalid')),
    ];
    const errors = await Promise.all(urls.map((url) => openWorkflowData({ url }).catch((each: unknown) => each)));
    expect(errors.map((error) => (error as Error).name)).toEqual([
      'ConfigurationError',
      'ConfigurationError',
      'DataUnavailableError',
      'DataUnavailableError',
    ]);
    for (const error of errors)
      expect(`${String((error as Error).stack)} ${JSON.stringify(error)}`).not.toMatch(/s3cret|p@ss/);
  });

  it('refuses a database that can not keep all characters', async () => {
    const name = `perdure_latin_${Date.now()}`;
    await database.query(`create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`);
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    await expect(openWorkflowData({ url: url.href })).rejects.toThrow(ConfigurationError);
    await expect(openWorkflowData({ url: url.href })).rejects.toThrow('LATIN1');
    await database.query(`drop database ${name} with (force)`);
  });
});

describe.skipIf(postgresUrl === undefined)('migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database.drop());

  it('are done once when many start at once', async () => {
    const run = newRun();
    const many = await Promise.all(
      Array.from({ length: 12 }, () => openWorkflowData({ url: database.url, poolSize: 2 })),
    );
    const written = await Promise.allSettled(many.map((each) => each.write(run, { key: 'k', value: 1 }, by)));
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all(many.map((each) => each.close()));
    expect(await database.query('select name from perdure_data.migrations')).toEqual([{ name: '0001_first' }]);
  });

  it('live in a schema of their own, of any name, and leave others alone', async () => {
    await database.query('create table public.entries (mine int)');
    const other = await openWorkflowData({ url: database.url, schema: 'other' });
    await other.write('run', { key: 'k', value: 1 }, by);
    const first = await openWorkflowData({ url: database.url });
    expect(await first.list('run')).toEqual({ entries: [] });
    await Promise.all([other.close(), first.close()]);
    expect(await database.query('select * from public.entries')).toEqual([]);
    const tables = await database.query(`select tablename from pg_tables where schemaname = 'public'`);
    expect(tables).toEqual([{ tablename: 'entries' }]);
  });

  it('of a newer version are left as they are', async () => {
    await database.query(`insert into perdure_data.migrations values ('9999_later', '2030-01-01T00:00:00.000Z')`);
    const data = await openWorkflowData({ url: database.url });
    await data.close();
    expect(await migrateWorkflowData({ url: database.url })).toEqual([]);
  });

  it('that fail leave nothing behind, and say what is wrong', async () => {
    await database.query('create schema broken; create table broken.entries (mine int)');
    await expect(openWorkflowData({ url: database.url, schema: 'broken' })).rejects.toThrow(/already exists/);
    const functions = await database.query(`select 1 from pg_proc where pronamespace = 'broken'::regnamespace`);
    expect(functions).toEqual([]);
  });
});

describe.skipIf(postgresUrl === undefined)('a query by prefix', () => {
  it('reads a range of the index, under row-level security too', async () => {
    const database = await makeDatabase();
    await migrateWorkflowData({ url: database.url, rowLevelSecurity: true });
    await database.query(`
      insert into perdure_data.entries (tenant, run_id, key, value, value_bytes, agent, workflow_id, idempotency_key)
      select '', 'run', 'orders/' || n, '1', 1, 'agent-' || n % 10, 'run', 'i' from generate_series(1, 20000) n`);
    await database.query('analyze perdure_data.entries');
    await database.query('create role planner; grant usage on schema perdure_data to planner');
    await database.query('grant select on perdure_data.entries to planner');
    await database.query('set role planner');
    await database.query(`select set_config('perdure.tenant', '', false), set_config('perdure.run', 'run', false)`);
    const plan = async (more: string): Promise<string> => {
      const rows = await database.query<Record<string, string>>(`
        explain select key from perdure_data.entries where tenant = '' and run_id = 'run' and (expires_at is null or expires_at > now())
        and key >= 'orders/12' and key < 'orders/13' ${more} order by key limit 101`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    expect(await plan('')).toMatch(/Index (Only )?Scan.*\n.*Index Cond:.*key >= 'orders\/12'.*key < 'orders\/13'/);
    expect(await plan(`and key like 'orders/12%5'`)).toMatch(
      /Index (Only )?Scan.*\n.*Index Cond:.*key >= 'orders\/12'/,
    );
    expect(await plan(`and agent = 'agent-3'`)).toMatch(
      /entries_by_agent.*\n.*Index Cond:.*agent = 'agent-3'.*key >= 'orders\/12'/,
    );
    await database.query('reset role');
    await database.query('drop owned by planner; drop role planner');
    await database.drop();
  });
});

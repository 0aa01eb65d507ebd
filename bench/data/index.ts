/**
 * How long calls on workflow data take when there is a lot of it: `node bench/data/index.ts [--rows 1000000] [--calls 500]`. On PostgreSQL as a role that only
 * reads and adds, under row-level security, one call at a time; then on PGlite, with a tenth of the rows.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { startPostgres } from '../../scripts/services/postgres.ts';
import { type WorkflowData, migrateWorkflowData, openWorkflowData } from '../../src/data/index.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, calls: { type: 'string', default: '500' } },
});
const rows = Number(values.rows);
const calls = Number(values.calls);
const by = { agent: 'bench' };

/** With its size. */
const VALUE = `json_build_object('number', 1042, 'text', repeat('x', 80)), 111`;

/** Half of the rows are of one run, five fields for each order; the others are of a thousand runs. */
const BIG = 'run-big';
const orders = (count: number): number => Math.floor(count / 10);
const fill = (count: number): readonly string[] => [
  `insert into perdure_data.entries (tenant, run_id, key, value, value_bytes, agent, workflow_id, step_id, idempotency_key)
   select '', '${BIG}', 'orders/' || lpad(n::text, 6, '0') || '/' || field, ${VALUE}, 'agent-' || n % 10, '${BIG}', 'call_' || n, 'key-' || n || field
   from generate_series(0, ${orders(count) - 1}) n, unnest(array['address', 'customer', 'lines', 'notes', 'total']) field`,
  `insert into perdure_data.entries (tenant, run_id, key, value, value_bytes, agent, workflow_id, step_id, idempotency_key)
   select '', 'run-' || n % 1000, 'notes/' || lpad(n::text, 6, '0'), ${VALUE}, 'agent-' || n % 10, 'run-' || n % 1000, 'call_' || n, 'key-' || n
   from generate_series(1, ${Math.floor(count / 2)}) n`,
];
const SETTLE = 'vacuum analyze perdure_data.entries';

const random = (below: number): number => Math.floor(Math.random() * below);
const order = (count: number, digits = 6): string =>
  String(random(orders(count)))
    .padStart(6, '0')
    .slice(0, digits);

type Calls = Readonly<Record<string, () => Promise<unknown>>>;

/** What is measured, by what it does. */
function work(data: WorkflowData, count: number): Calls {
  return {
    'query `orders/012345/*` (5 entries)': () => data.query(BIG, { pattern: `orders/${order(count)}/*` }),
    'query `orders/0123*` (100 of up to 500)': () => data.query(BIG, { pattern: `orders/${order(count, 4)}*` }),
    'query `orders/0123*/total` (up to 100)': () => data.query(BIG, { pattern: `orders/${order(count, 4)}*/total` }),
    'query `notes/*` in a small run (100)': () => data.query(`run-${random(1000)}`, { pattern: 'notes/*' }),
    'list by prefix (100)': () => data.list(BIG, { prefix: `orders/${order(count, 4)}` }),
    'list by agent and prefix (up to 100)': () =>
      data.list(BIG, { filterByAgent: `agent-${random(10)}`, prefix: `orders/${order(count, 3)}` }),
    read: () => data.read(BIG, `orders/${order(count)}/total`),
    write: () => data.write(BIG, { key: `new/${randomUUID()}`, value: { number: 1042, text: 'x'.repeat(80) } }, by),
  };
}

async function measure(name: string, data: WorkflowData, count: number, others: Calls = {}): Promise<void> {
  console.log(`\n${name}, ${count.toLocaleString('en')} rows, ${calls} calls each; milliseconds\n`);
  console.log('| call | p50 | p95 | p99 | longest |\n| --- | --- | --- | --- | --- |');
  for (const [what, call] of Object.entries({ ...others, ...work(data, count) })) {
    for (let index = 0; index < 100; index += 1) await call();
    const times: number[] = [];
    for (let index = 0; index < calls; index += 1) {
      const started = performance.now();
      await call();
      times.push(performance.now() - started);
    }
    console.log(`| ${what} | ${row(times)} |`);
  }
}

/** Quantiles, as cells of a table. */
function row(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  return [0.5, 0.95, 0.99, 1].map(at).join(' | ');
}

interface Plan {
  readonly 'Planning Time': number;
  readonly 'Execution Time': number;
}

/** What of a query by prefix is the database's own: on a machine with a lot else to do the rest is mostly waiting for a processor. */
async function timesInServer(client: pg.Client): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < calls; index += 1) {
    const prefix = `orders/${order(rows, 4)}`;
    const { rows: found } = await client.query<{ 'QUERY PLAN': readonly [Plan] }>(
      `explain (analyze, format json) select key, value::text, description, agent, written_at from perdure_data.entries
       where tenant = '' and run_id = '${BIG}' and (expires_at is null or expires_at > now()) and key >= '${prefix}' and key < '${prefix}:'
       order by key limit 101`,
    );
    const [plan] = found[0]?.['QUERY PLAN'] ?? [];
    if (plan) times.push(plan['Planning Time'] + plan['Execution Time']);
  }
  return times;
}

async function onPostgres(): Promise<void> {
  const server = await startPostgres();
  try {
    const client = new pg.Client({ connectionString: server.value });
    await client.connect();
    await client.query('create role app login');
    await migrateWorkflowData({ url: server.value, appRole: 'app' });
    for (const statement of [...fill(rows), SETTLE]) await client.query(statement);
    await migrateWorkflowData({ url: server.value, rowLevelSecurity: true });
    const { rows: found } = await client.query<{ version: string; size: string }>(
      `select current_setting('server_version') as version, pg_size_pretty(pg_total_relation_size('perdure_data.entries')) as size`,
    );
    await client.end();
    const appUrl = server.value.replace('postgres@', 'app@');
    const bare = new pg.Client({ connectionString: server.value });
    await bare.connect();
    // What is in each call beside the work itself: the way there and back, four times.
    const nothing = async (): Promise<void> => {
      for (const statement of ['begin', 'select 1', 'select 1', 'commit']) await bare.query(statement);
    };
    const data = await openWorkflowData({ url: appUrl, migrate: false });
    const app = new pg.Client({ connectionString: appUrl });
    await app.connect();
    await app.query(`select set_config('perdure.tenant', '', false), set_config('perdure.run', $1, false)`, [BIG]);
    const inServer = await timesInServer(app);
    await app.end();
    await measure(`PostgreSQL ${found[0]?.version} (${found[0]?.size})`, data, rows, {
      'a transaction that does nothing': nothing,
    });
    console.log(`| query \`orders/0123*\` (100), planned and executed in the server | ${row(inServer)} |`);
    await data.close();
    await bare.end();
  } finally {
    server.stop();
  }
}

async function onPglite(): Promise<void> {
  const count = Math.floor(rows / 10);
  const folder = await mkdtemp(join(tmpdir(), 'perdure-bench-data-'));
  try {
    const path = join(folder, 'data');
    await migrateWorkflowData({ path });
    const filling = await PGlite.create(path);
    for (const statement of [...fill(count), SETTLE]) await filling.exec(statement);
    await filling.close();
    const data = await openWorkflowData({ path });
    await measure('PGlite in a directory', data, count);
    await data.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

console.log(
  `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}; load ${loadavg()[0]?.toFixed(1)}; Node ${process.version}`,
);
await onPostgres();
await onPglite();

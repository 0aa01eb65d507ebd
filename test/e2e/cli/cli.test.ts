import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OFFICE } from '../../cli/support.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';
import { CliProcess, type Finished, MAIN } from './process.ts';

/** Where runs are, as flags and variables of a command line. */
interface Place {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const { PERDURE_TEST_REDIS_URL: redis, PERDURE_TEST_TEMPORAL_ADDRESS: temporal } = process.env;

const onSqlite = (): Place => ({ flags: ['--database', join(temporaryDirectory(), 'cli.db')], env: {} });

const PLACES: readonly (readonly [name: string, isThere: boolean, place: () => Place])[] = [
  ['SQLite', true, onSqlite],
  [
    'Redis',
    redis !== undefined,
    () => ({ flags: ['--engine', 'bullmq', '--namespace', `cli-${randomUUID()}`], env: { REDIS_URL: redis ?? '' } }),
  ],
  [
    'Temporal',
    temporal !== undefined,
    () => ({ flags: ['--engine', 'temporal', '--address', temporal ?? ''], env: {} }),
  ],
];

/** Runs command lines at a place, and a worker with a task queue of its own. */
async function openPlace({ flags, env }: Place) {
  const queue = ['--task-queue', `cli-${randomUUID()}`];
  const cli = async (...args: string[]): Promise<Finished> => await new CliProcess([...args, ...flags], env).finished;
  const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).out) as Record<string, unknown>;
  const worker = new CliProcess(['worker', OFFICE, ...queue, ...flags], env);
  await worker.wrote(/worker is ready/);
  const start = async (agent: string, id: string) =>
    await cli('run', agent, 'Please', '--id', id, '--detach', ...queue);
  /** The id of the run's wait of a kind, once it has one. */
  const asked = async (id: string, kind: 'input' | 'approval'): Promise<string> => {
    const follower = new CliProcess(['logs', id, '-f', '--json', ...flags], env);
    const line = await follower.wrote(new RegExp(`^(.*"type":"${kind}_requested".*)\\n`, 'm'));
    follower.send('SIGKILL');
    return (JSON.parse(line) as { wait: { id: string } }).wait.id;
  };
  return { cli, json, worker, start, asked };
}

describe.each(PLACES)('the command line on %s', (_, isThere, place) => {
  it.skipIf(!isThere)('starts, answers, follows and shows runs of a worker elsewhere', async () => {
    const { cli, json, worker, start, asked } = await openPlace(place());
    const id = `shipper-${randomUUID()}`;
    expect(await start('shipper', id)).toMatchObject({ code: 0, out: `${id}\n` });
    const question = await asked(id, 'input');
    expect(await json('inbox', '--all', '--prefix', id)).toMatchObject({
      waits: [{ wait: { kind: 'input', id: question } }],
    });
    expect(await cli('reply', id, 'To', 'the', 'moon')).toMatchObject({ code: 0 });
    const waitId = await asked(id, 'approval');
    expect(await cli('approve', id, '--wait-id', waitId, '--reason', 'paid')).toMatchObject({ code: 0 });
    const { code, out } = await cli('logs', id, '-f');
    expect(code).toBe(0);
    expect(out).toMatch(/was told {2}To the moon\n/);
    expect(out).toMatch(/was told {2}yes: paid\n[^]*● completed .*shipped.*\n$/);
    expect(await json('show', id)).toMatchObject({
      run: { status: 'completed' },
      metrics: { llmCallCount: 3, toolCallCount: 1 },
    });
    const carrier = `carrier-${randomUUID()}`;
    await start('carrier', carrier);
    const token = await worker.wrote(/token (\S+)/);
    expect(await cli('complete', token, '"delivered"')).toMatchObject({
      code: 0,
      out: 'The run has taken the result.\n',
    });
    expect((await cli('logs', carrier, '-f')).out).toContain('delivered');
  });
});

describe('the process of a command line', () => {
  it('leaves a run alone at Ctrl+C, and cancels it when asked', async () => {
    const { flags, env } = onSqlite();
    const { cli, json, start, asked } = await openPlace({ flags, env });
    const id = `shipper-${randomUUID()}`;
    await start('shipper', id);
    await asked(id, 'input');
    const follower = new CliProcess(['logs', id, '-f', ...flags], env);
    await follower.wrote(/Where to\?/);
    follower.send('SIGINT');
    const { code, err } = await follower.finished;
    expect(code).toBe(130);
    expect(err).toContain(`The run ${id} goes on. To come back: perdure logs ${id} -f --from `);
    expect(await json('show', id)).toMatchObject({ run: { status: 'running' } });
    expect(await cli('cancel', id, '--reason', 'enough')).toMatchObject({ code: 0 });
    expect((await cli('logs', id, '-f')).out).toMatch(/cancelled\n$/);
    const { code: ended, err: why } = await cli('cancel', `${id}-nobody`);
    expect([ended, why]).toEqual([3, expect.stringContaining('There is no run')]);
  });

  it('that is a worker writes lines for machines, which say whose they are and no secret', async () => {
    const { cli, worker, start } = await openPlace(onSqlite());
    await start('finder', 'finder-1');
    expect(await cli('logs', 'finder-1', '-f')).toMatchObject({ code: 0 });
    await worker.wrote(/"Run ended"/);
    const { err } = worker;
    worker.send('SIGTERM');
    await worker.finished;
    const lines = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ message }) => message === 'Activity failed')).toMatchObject([
      { level: 'warn', run: 'finder-1', agent: 'finder', step: 1, tool: 'lost', attempt: 1 },
    ]);
    expect(lines.filter(({ message }) => message === 'Run ended')).toMatchObject([
      { level: 'info', run: 'finder-1', agent: 'finder', outcome: 'completed' },
    ]);
    expect(err).not.toContain('hunter22');
  });

  it('tells no secret in its errors', async () => {
    const env = { DATA_PASSWORD: 'correct-horse', REDIS_URL: 'redis://127.0.0.1:1', PERDURE_ENGINE: 'correct-horse' };
    for (const flags of [[], ['--json'], ['--verbose']]) {
      const { code, out, err } = await new CliProcess(['runs', ...flags], env).finished;
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('there is no engine');
      expect(err).not.toContain('correct-horse');
    }
  });

  it('runs an agent by itself, and fits into pipes', async () => {
    const { flags } = onSqlite();
    const all = ['run', 'clerk', 'Hello', '--id', 'clerk-1', '--file', OFFICE, ...flags];
    expect(await new CliProcess(all).finished).toMatchObject({ code: 0, out: 'At your service.\n' });
    const words = [process.execPath, MAIN, 'logs', 'clerk-1', '--json', ...flags];
    const line = `set -o pipefail; ${words.map((word) => `'${word}'`).join(' ')} | head -n 1`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'run_started' });
  });

  it('shows its help without loading what runs need', () => {
    const told = `import { createRequire } from 'node:module';
      process.on('exit', () => process.stderr.write(Object.keys(createRequire(import.meta.url).cache).join('\\n')));`;
    const hook = `data:text/javascript,${encodeURIComponent(told)}`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', hook, MAIN, '--help'], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('Usage: perdure');
    expect(stderr).not.toMatch(/@temporalio|bullmq|ioredis|kysely|pglite/);
  });
});

import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { createBullmqEngine } from '../../src/engines/bullmq/index.ts';
import { Keys, queueName } from '../../src/engines/bullmq/keys.ts';
import { connectRedis, redisUrl } from '../engines/bullmq/support.ts';

/** What a command line writes, and its exit code. */
async function run(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe('perdure reconcile', () => {
  it('shows its help', async () => {
    const { code, out } = await run('reconcile', '--help');
    expect(code).toBe(0);
    expect(out).toContain('perdure reconcile [options]');
    expect(out).toContain('Exit codes: 0');
  });

  it.each([
    [['--engine', 'embedded'], 'perdure: engine: embedded leaves no runs behind'],
    [['--address', 'x:1'], 'perdure: engine: temporal leaves no runs behind'],
    [['--engine', 'bullmq', '--database', 'x'], '--database: is for the embedded engine'],
    [['--engine', 'bullmq', '--stalled-threshold', 'soon'], 'Give seconds from 0 on.'],
    [['--engine', 'bullmq', '--stalled-threshold', '-1'], 'Give seconds from 0 on.'],
    [['file.ts'], 'too many arguments'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run('reconcile', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });
});

describe.skipIf(redisUrl === undefined)('perdure reconcile on Redis', () => {
  const taskQueue = 'queue';
  let namespace: string;

  beforeEach(() => {
    vi.stubEnv('REDIS_URL', redisUrl);
    onTestFinished(() => void vi.unstubAllEnvs());
    namespace = `reconcile-${randomUUID()}`;
  });

  const reconcile = (...flags: string[]) =>
    run('reconcile', '--engine', 'bullmq', '--namespace', namespace, '--stalled-threshold', '0', ...flags);

  /** Runs that nobody works on, of which jobs are lost; with the first one's record broken, when that is asked for. */
  async function damage({ runs, lost, isBroken = false }: { runs: number; lost: number; isBroken?: boolean }) {
    const engine = await createBullmqEngine({ redis: redisUrl ?? '', namespace });
    const client = connectRedis();
    const keys = new Keys('perdure');
    for (let index = 0; index < runs; index++) {
      const workflowId = `w${index}`;
      const { firstExecutionRunId: runId } = await engine.client.workflow.start('w', { taskQueue, workflowId });
      const queue = `${keys.tag(namespace)}:${queueName(taskQueue)}:`;
      if (index < lost) await client.multi().del(`${queue}${runId}`).lrem(`${queue}wait`, 0, runId).exec();
      if (index === 0 && isBroken) await client.hset(keys.run({ namespace, workflowId, runId }), 'rec', 'x');
    }
    client.disconnect();
    await engine.close();
  }

  it('prints what it has found and helped on, once', async () => {
    await damage({ runs: 12, lost: 2 });
    const { code, out, err } = await reconcile();
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/).slice(0, 2))).toEqual([
      ['12', 'scannedKeys'],
      ['2', 'stalledRuns'],
      ['2', 'reconciledRuns'],
      ['0', 'failedRuns'],
      [''],
    ]);
    const again = await reconcile('--json');
    expect(JSON.parse(again.out)).toEqual({ scannedKeys: 12, stalledRuns: 0, reconciledRuns: 0, failedRuns: 0 });
  });

  it('fails when it could not help all, and says why', async () => {
    await damage({ runs: 2, lost: 2, isBroken: true });
    const { code, out, err } = await reconcile('--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ scannedKeys: 2, stalledRuns: 2, reconciledRuns: 1, failedRuns: 1 });
    expect(err).toMatch(/JSON[^]*\n\{"error":\{"code":"FAILED","message":"1 of 2 runs could not be helped\."\}\}\n$/);
  });

  it('says that no Redis answers', async () => {
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1');
    const { code, err } = await reconcile();
    expect(code).toBe(1);
    expect(err).toMatch(/^perdure: No Redis answers at redis:\/\/127\.0\.0\.1:1: /);
  });
});

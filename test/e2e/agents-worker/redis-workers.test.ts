import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import type { Perdure } from '../../../src/client/perdure.ts';
import type { Run } from '../../../src/client/run.ts';
import { Keys, queueName } from '../../../src/engines/bullmq/keys.ts';
import { workflowCode } from '../../../src/worker/index.ts';
import { eventOf } from '../../client/support.ts';
import { redisUrl } from '../../engines/bullmq/support.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';
import { WorkerProcess } from './worker-process.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 300_000;

beforeAll(async () => {
  // So that no process has to bundle.
  await workflowCode();
}, 120_000);

/** Processes of one namespace on the Redis of the tests. */
class Desk {
  readonly namespace: string = `desk-${randomUUID()}`;
  readonly log: string = join(temporaryDirectory(), 'log');

  /** A worker process that works. */
  async worker(): Promise<WorkerProcess> {
    const flags = ['--engine', 'bullmq', '--namespace', this.namespace];
    const process = new WorkerProcess(flags, { log: this.log, env: { REDIS_URL: redisUrl ?? '' } });
    await process.ready();
    return process;
  }

  async connect(): Promise<Perdure> {
    const engine = { type: 'bullmq', redis: redisUrl ?? '', namespace: this.namespace } as const;
    const perdure = await connect({ engine, secret: 'a secret that is shared by all' });
    onTestFinished(() => perdure.close());
    return perdure;
  }

  /** What BullMQ's keys say of the job of a run: which list it is in, and whether somebody holds it. */
  async job(runId: string): Promise<{ readonly list: string | undefined; readonly isHeld: boolean }> {
    const client = new Redis(redisUrl ?? '');
    const queue = `${new Keys('perdure').tag(this.namespace)}:${queueName('perdure')}:`;
    try {
      const inList = async (name: string): Promise<boolean> => (await client.lpos(`${queue}${name}`, runId)) !== null;
      const isDelayed = (await client.zscore(`${queue}delayed`, runId)) !== null;
      const isHeld = (await client.exists(`${queue}${runId}:lock`)) === 1;
      const list = (await inList('wait'))
        ? 'wait'
        : (await inList('active'))
          ? 'active'
          : isDelayed
            ? 'delayed'
            : undefined;
      return { list, isHeld };
    } finally {
      client.disconnect();
    }
  }
}

/** The worker processes that have begun activities of a run. */
async function workersOf({ engine }: Perdure, { id }: Run<unknown>): Promise<string[]> {
  const { events } = await engine.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) => started?.identity ?? []);
}

describe.skipIf(redisUrl === undefined)('worker processes on one Redis', () => {
  it('share the work, and killing either loses nothing', { timeout: TIMEOUT }, async () => {
    const desk = new Desk();
    const workers = [await desk.worker(), await desk.worker()];
    const perdure = await desk.connect();
    const startRuns = (count: number): Promise<Run<unknown>[]> =>
      Promise.all(Array.from({ length: count }, () => perdure.start('laborer', { input: 'Work.' })));
    const finished: Run<unknown>[] = [];
    const seen = new Set<string>();
    while (seen.size < 2 && finished.length < 60) {
      const runs = await startRuns(6);
      await Promise.all(runs.map((run) => run.result()));
      for (const run of runs) for (const worker of await workersOf(perdure, run)) seen.add(worker);
      finished.push(...runs);
    }
    expect(seen.size).toBe(2);

    for (const victim of workers) {
      const before = victim.notes.length;
      const runs = await startRuns(8);
      await victim.until(() => victim.notes.length > before + 1);
      victim.send('SIGKILL');
      await victim.exited;
      if (victim === workers[0]) await desk.worker();
      const results = await Promise.all(runs.map((run) => run.result()));
      expect(results.map(String)).toEqual(runs.map(() => expect.stringContaining('worked') as string));
    }
  });

  it('hand over at once what they have when they are told to stop', { timeout: TIMEOUT }, async () => {
    const desk = new Desk();
    const first = await desk.worker();
    const perdure = await desk.connect();
    const [working, waiting] = [
      await perdure.start('laborer', { input: 'Work.' }),
      await perdure.start('desk', { input: 'Hello' }),
    ];
    await eventOf(waiting, 'input_requested');
    await first.until(() => first.notes.includes('work begun'));
    first.send('SIGTERM');
    await expect(first.exited).resolves.toEqual({ code: 0, signal: null });
    // Nobody has to wait until a lock has run out: there is none any more.
    for (const run of [working, waiting]) {
      const { runId } = await perdure.engine.client.workflow.getHandle(run.id).describe();
      const { list, isHeld } = await desk.job(runId);
      expect([run.id, isHeld]).toEqual([run.id, false]);
      expect(run === waiting ? ['delayed', 'wait'] : ['wait']).toContain(list);
    }
    const second = await desk.worker();
    await expect(working.result()).resolves.toContain('worked');
    await waiting.reply('Yes, ship it.');
    await eventOf(waiting, 'tool_awaited');
    expect(second.notes.filter((line) => line === 'work begun')).toHaveLength(1);
  });
});

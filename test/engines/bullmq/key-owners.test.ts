import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { eachScene } from './each-scene.ts';
import { add, delegates, ends, fails, finish, sleeps, waits, works } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { connectRedis, redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 180_000;
/** What BullMQ keeps of a queue without jobs. */
const OF_A_QUEUE = /:(id|meta|events|marker|stalled-check|stalled|pc|metrics.*)$/;

interface Row {
  readonly pattern: RegExp;
  readonly lifetime: string;
}

/** The table of all keys, as `keys.ts` has it. */
function readTable(prefix: string): Row[] {
  const source = readFileSync(new URL('../../../src/engines/bullmq/keys.ts', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/^ \* \| `([^`]+)` *\|.*\| ([^|]+?) *\|$/gm)];
  return rows.map(([, name = '', lifetime = '']) => {
    const parts = name.replace('{perdure.n}', `{${prefix}.default}`).replace(/^perdure:/, `${prefix}:`);
    const pattern = parts
      .replaceAll(/[.{}]/g, String.raw`\$&`)
      .replaceAll('<workflow>', '.+')
      .replaceAll('<queue>', '(?:queue|elsewhere)')
      .replaceAll(/<[a-z]+>/g, '[^:]+')
      .replace('…', '.+');
    return { pattern: new RegExp(`^${pattern}$`), lifetime };
  });
}

describe.skipIf(redisUrl === undefined)('keys in Redis', { timeout: TIMEOUT }, () => {
  let scene: Scene;
  let redis: Redis;

  eachScene({ timeout: TIMEOUT, isQuiet: false }, (made) => {
    scene = made;
  });
  beforeEach(() => {
    redis = connectRedis();
  });
  afterEach(() => redis.disconnect());

  async function keys(): Promise<string[]> {
    const found = new Set<string>();
    for await (const batch of redis.scanStream({ match: `*${scene.prefix}*`, count: 1000 })) {
      for (const key of batch as string[]) found.add(key);
    }
    return [...found];
  }

  /** Runs of all kinds; those that wait are left open. */
  async function fill(engine: BullmqEngine): Promise<void> {
    const { taskQueue } = scene;
    const { workflow } = engine.client;
    await scene.work(engine, { activities: { work: async () => 'x'.repeat(100_000) } });
    await scene.workActivities(engine, 'elsewhere', { work: async () => 'done' });
    const results = await Promise.allSettled([
      workflow.execute(works, { taskQueue, workflowId: 'here' }),
      workflow.execute(works, { taskQueue, workflowId: 'there', args: ['elsewhere'] }),
      workflow.execute(fails, { taskQueue, workflowId: 'fails', workflowRunTimeout: 1000 }),
      workflow.execute(sleeps, { taskQueue, workflowId: 'a:b {c}%', args: [300] }),
      workflow.execute(ends, { taskQueue, workflowId: 'later', startDelay: 500, priority: { priorityKey: 1 } }),
      workflow.execute(delegates, { taskQueue, workflowId: 'parent' }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(
      results.map((_, index) => (index === 2 ? 'rejected' : 'fulfilled')),
    );
    const open = await Promise.all(
      ['w1', 'w2', 'w3'].map((workflowId) => workflow.start(waits, { taskQueue, workflowId })),
    );
    await open[0]?.executeUpdate(add, { args: [1] });
    await open[0]?.signal(finish, 'enough');
    await open[0]?.result();
    await open[1]?.cancel();
    const every = { every: 200, limit: 2 };
    await engine.jobSchedulers.upsert('often', every, { workflowType: 'ends', taskQueue });
    while ((await workflow.count("WorkflowType = 'ends' and ExecutionStatus = 'Completed'")).count < 3) await delay(50);
    await engine.jobSchedulers.remove('often');
  }

  test('are all in the table, and go with their runs', async () => {
    const table = readTable(scene.prefix);
    expect(table.length).toBeGreaterThan(15);
    const engine = await scene.engine({ payloads: { threshold: 1000 } });
    await fill(engine);
    const before = await keys();
    expect(before.filter((key) => !table.some(({ pattern }) => pattern.test(key)))).toEqual([]);

    const { workflowService } = engine.client;
    for await (const { workflowId, runId } of engine.client.workflow.list()) {
      const workflowExecution = { workflowId, runId };
      await workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution });
    }
    const remains = async (): Promise<string[]> => {
      const lasting = table.filter(({ lifetime }) => lifetime === 'for ever' || lifetime === 'seconds');
      const left = await keys();
      return left.filter((key) => !lasting.some(({ pattern }) => pattern.test(key)) && !OF_A_QUEUE.test(key));
    };
    await expect.poll(remains).toEqual([]);
  });
});

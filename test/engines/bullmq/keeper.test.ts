import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WorkflowExecutionStatus } from '../../../src/core/proto.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import type { Frontend } from '../../../src/runtime/frontend/frontend.ts';
import { Keeper } from '../../../src/engines/bullmq/keeper.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { memberOf } from '../../../src/engines/bullmq/keys.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import {
  closedAt,
  commitOf,
  creationOf,
  exampleEvents,
  exampleRecord,
} from '../../../testing/conformance/store/examples.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

const namespace = 'default';
const runId = '11111111-2222-4333-8444-555555555555';
const open = exampleRecord('w', { runId, nextEventId: 3, executionTime: 0, workflowTask: task(0) });

/** Each kind of damage, made by hand, and what the keeper makes of it. */
describe.skipIf(redisUrl === undefined)('the keeper', () => {
  let client: Redis;
  let keys: Keys;
  let store: RedisStore;
  let frontend: Frontend;
  let keeper: Keeper;
  let queue: string;

  beforeEach(async () => {
    client = connectRedis();
    keys = ownKeys();
    queue = `${keys.tag(namespace)}:queue:`;
    const jobs = { queuePrefix: () => queue, options: '{}', finishedGo: true };
    store = new RedisStore({ client, keys, process: 'here', jobs });
    const residency = {
      has: () => false,
      canQuery: () => false,
      forward: () => Promise.reject(new Error('nobody is there')),
      watch: () => () => undefined,
      looked: () => undefined,
      kept: () => undefined,
    };
    frontend = await createFrontend({ store, residency: () => residency });
    const onError = (error: unknown): void => expect.unreachable(String(error));
    const retention = { age: 60_000, bytes: Infinity };
    const shared = { client, keys, namespace, process: 'here', store, jobs, onError };
    keeper = new Keeper({ ...shared, retention, frontend: () => frontend });
    await store.commit(creationOf(open, exampleEvents(1, 2)));
  });
  afterEach(async () => {
    await frontend.close();
    client.disconnect();
  });

  const found = { scanned: 1, stalled: 1, repaired: 1, failed: 0 };
  const healthy = { scanned: 1, stalled: 0, repaired: 0, failed: 0 };

  test('leaves alone what is well', async () => {
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('makes a lost job anew', async () => {
    await client.del(`${queue}${runId}`, `${queue}wait`);
    expect(await keeper.sweep()).toEqual(found);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('brings back a job that is in no list', async () => {
    await client.del(`${queue}wait`);
    expect(await keeper.sweep()).toEqual(found);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('wakes a run that was put aside with work to do', async () => {
    await client.del(`${queue}wait`);
    await client.zadd(`${queue}delayed`, (Date.now() + 3_600_000) * 4096, runId);
    expect(await keeper.sweep()).toEqual(found);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('leaves a run asleep that waits', async () => {
    const waiting = { ...open, workflowTask: undefined, previousStartedEventId: 1 };
    await store.commit(commitOf({ expectedRevision: 1, record: waiting, events: [] }));
    await client.del(`${queue}wait`);
    await client.zadd(`${queue}delayed`, (Date.now() + 3_600_000) * 4096, runId);
    expect(await keeper.sweep()).toEqual(healthy);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([]);
  });

  test('forgets a run that there is not', async () => {
    await client.zadd(`${keys.base(namespace)}unfinished`, 1, memberOf({ runId: 'ghost', workflowId: 'w' }));
    expect(await keeper.sweep()).toEqual({ ...found, scanned: 2 });
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('does what falls due with no worker there', async () => {
    const overdue = { ...open, runDeadline: Date.now() - 1000 };
    await store.commit(commitOf({ expectedRevision: 1, record: overdue, events: [] }));
    keeper.start();
    const timedOut = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    await expect.poll(async () => (await store.load(open))?.record.status, { timeout: 8000 }).toBe(timedOut);
    await keeper.close();
    expect(await client.get(`${keys.base(namespace)}keeper`)).toBeNull();
  });

  test('deletes what is over for long enough', async () => {
    const closed = { ...open, ...closedAt(Date.now() - 120_000), workflowTask: undefined };
    await store.commit(commitOf({ expectedRevision: 1, record: closed, events: [] }));
    keeper.start();
    await expect.poll(() => store.load(open), { timeout: 8000 }).toBeUndefined();
    await keeper.close();
  });

  test('leaves the looking to the process that has the lease', async () => {
    await client.set(`${keys.base(namespace)}keeper`, 'another');
    const overdue = { ...open, runDeadline: Date.now() - 1000 };
    await store.commit(commitOf({ expectedRevision: 1, record: overdue, events: [] }));
    keeper.start();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await store.load(open))?.record.closeTime).toBeUndefined();
    await keeper.close();
    expect(await client.get(`${keys.base(namespace)}keeper`)).toBe('another');
  });
});

function task(startedEventId: number): NonNullable<typeof open.workflowTask> {
  return {
    kind: 'normal',
    scheduledEventId: 2,
    startedEventId,
    attempt: 1,
    scheduledTime: 0,
    startedTime: 0,
    requestId: '',
    identity: '',
    buildId: '',
    suggestContinueAsNew: false,
    historySizeBytes: 0,
    startDeadline: 0,
  };
}

import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ParentClosePolicy, WorkflowExecutionStatus } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { Retention } from '../../../src/engines/bullmq/retention.ts';
import type { RetentionLimits } from '../../../src/engines/bullmq/options.ts';
import { closedAt, creationOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

const namespace = 'default';
const DAY = 86_400_000;

describe.skipIf(redisUrl === undefined)('retention', () => {
  let client: Redis;
  let keys: Keys;
  let store: RedisStore;
  let errors: unknown[];
  const now = Date.now();

  beforeAll(() => {
    client = connectRedis();
  });
  beforeEach(() => {
    keys = ownKeys();
    errors = [];
    store = new RedisStore({ client, keys });
  });
  afterAll(() => client.disconnect());

  /** A run that was closed so many days ago; without, an open one. */
  async function run(id: string, days?: number, more: Partial<RunRecord> = {}): Promise<RunRecord> {
    const closed = days === undefined ? {} : closedAt(now - days * DAY);
    const record = exampleRecord(id, { nextEventId: 3, ...closed, ...more });
    await store.commit(creationOf(record, exampleEvents(1, 2)));
    return record;
  }

  function retentionOf(limits: Partial<RetentionLimits>): Retention {
    const onError = (error: unknown): void => void errors.push(error);
    return new Retention({
      client,
      keys,
      namespace,
      store,
      retention: { age: Infinity, bytes: Infinity, ...limits },
      onError,
    });
  }

  /** Deletes all that has to go. @returns how many. */
  async function retain(limits: Partial<RetentionLimits>): Promise<number> {
    const retention = retentionOf(limits);
    for (let sum = 0; ;) {
      const { deleted, more } = await retention.step();
      sum += deleted;
      if (!more) return sum;
    }
  }

  async function left(): Promise<string[]> {
    const { records } = await store.list({ namespace, limit: 1000 });
    return records.map(({ runId }) => runId).toSorted();
  }

  test('deletes closed runs by their age, with all that belongs to them', async () => {
    for (const [id, days] of Object.entries({ old: 31, older: 40, young: 29 })) await run(id, days);
    await run('open');
    expect(await retain({ age: 30 * DAY })).toBe(2);
    expect(await left()).toEqual(['open', 'young']);
    expect(await client.keys(`${keys.tag(namespace)}:*old*`)).toEqual([]);
    expect(await client.hkeys(`${keys.base(namespace)}current`)).toEqual(['young', 'open']);
    expect(await store.currentRunId(namespace, 'old')).toBeUndefined();
  });

  test('deletes the oldest while all are too large', async () => {
    await run('a', 3);
    const bytes = Number(await client.get(`${keys.base(namespace)}bytes`));
    for (const [id, days] of Object.entries({ b: 1, c: 4, d: 2 })) await run(id, days);
    await run('open');
    expect(await retain({ bytes: 2 * bytes })).toBe(2);
    expect(await left()).toEqual(['b', 'd', 'open']);
    expect(Number(await client.get(`${keys.base(namespace)}bytes`))).toBe(2 * bytes);
    expect(await retain({ bytes: 2 * bytes })).toBe(0);
    expect(await retain({ bytes: 0 })).toBe(2);
    expect(await client.get(`${keys.base(namespace)}bytes`)).toBe('0');
  });

  test('leaves a closed run that has something left to do', async () => {
    await run('busy', 50, { effects: [{ kind: 'notifyParent', id: 'x', eventId: 2 }] });
    expect(await retain({ age: 0, bytes: 0 })).toBe(0);
    expect(await left()).toEqual(['busy']);
  });

  test('leaves a run whose parent, child or successor is open', async () => {
    const parent = await run('parent');
    await run('child', 50, { parent: { ...parent, initiatedEventId: 1 } });
    const child = {
      initiatedEventId: 1,
      startedEventId: 2,
      namespace,
      workflowId: 'orphan',
      runId: 'orphan',
      workflowType: 'example',
      parentClosePolicy: ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON,
    };
    await run('abandoner', 50, { children: new Map([[1, child]]) });
    await run('orphan');
    await run('first', 50, { workflowId: 'chain', nextRunId: 'second' });
    await store.commit(creationOf(exampleRecord('second', { workflowId: 'chain' }), [], 'first'));
    await run('free', 50, { parent: { namespace, workflowId: 'gone', runId: 'gone', initiatedEventId: 1 } });
    expect(await retain({ age: 30 * DAY, bytes: 0 })).toBe(1);
    expect(await left()).toEqual(['abandoner', 'child', 'first', 'orphan', 'parent', 'second']);
  });

  test('leaves a run that was reset while one in its place is open', async () => {
    await run('base', 50, { workflowId: 'chain', resetRunId: 'once' });
    const once = exampleRecord('once', { workflowId: 'chain', resetRunId: 'again', ...closedAt(now - 50 * DAY) });
    await store.commit(creationOf(once, [], 'base'));
    await store.commit(creationOf(exampleRecord('again', { workflowId: 'chain' }), [], 'once'));
    expect(await retain({ age: 30 * DAY })).toBe(0);
    expect(await left()).toEqual(['again', 'base', 'once']);
  });

  test('leaves a run whose parent, child or successor is paused', async () => {
    const paused = { status: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED };
    const parent = await run('parent', undefined, paused);
    await run('child', 50, { parent: { ...parent, initiatedEventId: 1 } });
    await run('first', 50, { workflowId: 'chain', nextRunId: 'second' });
    await store.commit(creationOf(exampleRecord('second', { workflowId: 'chain', ...paused }), [], 'first'));
    expect(await retain({ age: 30 * DAY, bytes: 0 })).toBe(0);
    expect(await left()).toEqual(['child', 'first', 'parent', 'second']);
  });

  test('leaves a run that it cannot read, tells of it once, and deletes the others', async () => {
    const base = await run('base', 50, { workflowId: 'chain', resetRunId: 'newer' });
    const newer = exampleRecord('newer', { workflowId: 'chain', ...closedAt(now - 50 * DAY) });
    await store.commit(creationOf(newer, [], 'base'));
    const text = (await client.hget(keys.run(newer), 'rec')) ?? '';
    await client.hset(keys.run(newer), 'rec', text.replace('"version":1', '"version":2'));
    await run('old', 40);
    const retention = retentionOf({ age: 30 * DAY });
    expect(await retention.step()).toEqual({ deleted: 1, more: false });
    expect(await retention.step()).toEqual({ deleted: 0, more: false });
    const unreadable = expect.objectContaining({ name: 'StoreError', code: 'newer-version' }) as unknown;
    // One for itself, and one for the run that may need it.
    expect(errors).toEqual([unreadable, unreadable]);
    expect(await client.exists(keys.run(newer), keys.run(base))).toBe(2);
  });

  test('goes on until nothing is left, or the time is over', async () => {
    for (let i = 0; i < 250; i++) await run(`run-${i}`, 200);
    const retention = retentionOf({ age: 30 * DAY });
    expect(await retention.run(0)).toBe(true);
    expect(await left()).toHaveLength(150);
    expect(await retention.run(Infinity)).toBe(false);
    expect(await left()).toEqual([]);
    expect(await client.get(`${keys.base(namespace)}bytes`)).toBe('0');
  });

  test('gets past those that it leaves, in small steps', async () => {
    const parent = await run('parent');
    for (let i = 0; i < 220; i++) {
      await run(`run-${i}`, 300 - i, i < 120 ? { parent: { ...parent, initiatedEventId: 1 } } : {});
    }
    expect(await retain({ age: 30 * DAY })).toBe(100);
    expect(await left()).toHaveLength(121);
  });

  test('goes on after it broke off in the middle', async () => {
    for (let i = 0; i < 150; i++) await run(`run-${i}`, 40);
    const remove = vi.spyOn(store, 'deleteAll');
    remove.mockImplementationOnce((name, runs) => RedisStore.prototype.deleteAll.call(store, name, runs));
    remove.mockRejectedValueOnce(new Error('killed'));
    await expect(retain({ age: 30 * DAY })).rejects.toThrow('killed');
    remove.mockRestore();
    expect(await left()).toHaveLength(50);
    expect(await retain({ age: 30 * DAY })).toBe(50);
    expect(await client.get(`${keys.base(namespace)}bytes`)).toBe('0');
  });
});

import { randomBytes } from 'node:crypto';
import type { Job } from 'bullmq';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventType, toLong } from '../../../src/core/proto.ts';
import type { HistoryEvent } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import type { StoreError } from '../../../src/core/store.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { Residents } from '../../../src/engines/bullmq/residents.ts';
import { closedAt, commitOf, creationOf, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

const THRESHOLD = 1000;
const text = new TextEncoder();

/** A signal with a payload. */
function signal(id: number, data: Uint8Array): HistoryEvent {
  const payloads = [{ metadata: { encoding: text.encode('binary/plain') }, data }];
  return {
    eventId: toLong(id),
    eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    workflowExecutionSignaledEventAttributes: { signalName: 'signal', input: { payloads } },
  };
}

function memoOf(data: Uint8Array): Pick<RunRecord, 'memo'> {
  return { memo: { fields: { large: { metadata: {}, data } } } };
}

function dataOf(event: HistoryEvent | undefined): Buffer {
  return Buffer.from(event?.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data ?? []);
}

describe.skipIf(redisUrl === undefined)('large payloads of runs in Redis', () => {
  let client: Redis;
  let keys: Keys;
  let store: RedisStore;
  beforeAll(() => {
    client = connectRedis();
  });
  beforeEach(() => {
    keys = ownKeys();
    store = another();
  });
  afterAll(() => client.disconnect());

  /** The store as another process has it. */
  function another(): RedisStore {
    return new RedisStore({ client, keys, payloadThreshold: THRESHOLD });
  }
  const run = exampleRecord('run');
  const payloads = async (): Promise<number> => client.hlen(keys.payloads(run));
  /** Bytes that commands took along meanwhile. */
  async function sentDuring(work: () => Promise<unknown>): Promise<number> {
    const spy = vi.spyOn(client, 'callBuffer');
    await work();
    const sizes = spy.mock.calls
      .flat()
      .map((part) => (part instanceof Buffer || typeof part === 'string' ? part.length : 0));
    spy.mockRestore();
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  test('come back whatever their size', async () => {
    const near = fc.integer({ min: -2, max: 2 }).map((more) => THRESHOLD + more);
    const size = fc.oneof(near, fc.constantFrom(0, 1, 300_000));
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 4 }), size, async (sizes, memoSize) => {
        const events = sizes.map((bytes, index) => signal(index + 1, randomBytes(bytes)));
        const memo = randomBytes(memoSize);
        const record = exampleRecord(`run-${count++}`, { ...memoOf(memo), nextEventId: sizes.length + 1 });
        await store.commit(creationOf(record, events));
        const reader = another();
        const history = await reader.readHistory(record, 1);
        expect(history.map(dataOf)).toEqual(events.map(dataOf));
        expect(Buffer.from((await reader.load(record))?.record.memo?.fields?.['large']?.data ?? [])).toEqual(memo);
        const large = [...sizes, memoSize].filter((bytes) => bytes > THRESHOLD).length;
        expect(await client.hlen(keys.payloads(record))).toBe(large);
      }),
      { numRuns: 40 },
    );
  });

  test('are not written with the record again', async () => {
    const memo = randomBytes(100_000);
    const record = { ...run, ...memoOf(memo) };
    expect(await sentDuring(() => store.commit(creationOf(record, [])))).toBeGreaterThan(100_000);
    const write = { expectedRevision: 1, record: { ...record, signalCount: 1 }, events: [] };
    expect(await sentDuring(() => store.commit(commitOf(write)))).toBeLessThan(12_000);
    expect(await client.hstrlen(keys.run(run), 'rec')).toBeLessThan(2000);
    // Nor by a process that has read them.
    const reader = another();
    const read = await reader.load(run);
    const next = { expectedRevision: 2, record: { ...(read?.record ?? run), signalCount: 2 }, events: [] };
    expect(await sentDuring(() => reader.commit(commitOf(next)))).toBeLessThan(12_000);
    expect((await store.load(run))?.record).toMatchObject({ signalCount: 2, ...memoOf(new Uint8Array(memo)) });
  });

  test('move from the inbox to history without being sent again', async () => {
    const event = signal(1, randomBytes(100_000));
    await store.commit(creationOf({ ...run, buffered: [event] }, []));
    const write = { expectedRevision: 1, record: { ...run, nextEventId: 2 }, events: [event] };
    expect(await sentDuring(() => store.commit(commitOf(write)))).toBeLessThan(12_000);
    await store.commit(commitOf({ expectedRevision: 2, record: { ...run, nextEventId: 2 }, events: [] }));
    expect((await another().readHistory(run, 1)).map(dataOf)).toEqual([dataOf(event)]);
  });

  test('go with the record that alone had them', async () => {
    await store.commit(creationOf({ ...run, ...memoOf(randomBytes(5000)) }, []));
    for (let revision = 1; revision < 4; revision++) {
      const record = { ...run, ...memoOf(randomBytes(5000)) };
      await store.commit(commitOf({ expectedRevision: revision, record, events: [] }));
    }
    expect(await payloads()).toBe(1);
    expect(await client.hget(keys.run(run), 'bytes')).toBe('5000');
    await store.commit(commitOf({ expectedRevision: 4, record: run, events: [] }));
    expect(await client.exists(keys.payloads(run))).toBe(0);
    expect(await client.hget(keys.run(run), 'bytes')).toBe('0');
  });

  test('stay as long as history has them, and are kept once', async () => {
    const data = randomBytes(5000);
    const events = [signal(1, data), signal(2, Buffer.from(data))];
    await store.commit(creationOf({ ...run, ...memoOf(data), nextEventId: 3 }, events));
    await store.commit(commitOf({ expectedRevision: 1, record: { ...run, nextEventId: 3 }, events: [] }));
    expect(await payloads()).toBe(1);
    expect((await another().readHistory(run, 2)).map(dataOf)).toEqual([data]);
    await store.delete(run);
    expect(await client.keys(`{${keys.prefix}.default}:*`)).toEqual([]);
  });

  test('are not left behind by a conflict', async () => {
    await store.commit(creationOf(run, []));
    const record = { ...run, ...memoOf(randomBytes(5000)) };
    expect(await store.commit(commitOf({ expectedRevision: 7, record, events: [] }))).toBe('conflict');
    expect(await payloads()).toBe(0);
  });

  test('count once when a commit is sent twice', async () => {
    const sent = vi.spyOn(client, 'callBuffer');
    await store.commit(creationOf({ ...run, nextEventId: 2 }, [signal(1, randomBytes(5000))]));
    const [command, ...args] = sent.mock.calls.at(-1) ?? [];
    sent.mockRestore();
    const before = await client.hgetall(keys.run(run));
    expect(await client.callBuffer(String(command), ...(args as string[]))).toBe(1);
    expect(await client.hgetall(keys.run(run))).toEqual(before);
    expect(await payloads()).toBe(1);
  });

  test('are sent again when Redis has lost them, and are missed when it needs them', async () => {
    const record = { ...run, ...memoOf(randomBytes(5000)) };
    await store.commit(creationOf(record, []));
    await client.del(keys.payloads(run));
    await expect(another().load(run)).rejects.toMatchObject({ code: 'corrupt' } satisfies Partial<StoreError>);
    expect(await store.commit(commitOf({ expectedRevision: 1, record, events: [] }))).toBe('committed');
    expect((await another().load(run))?.revision).toBe(2);
  });

  test('count for the size of closed runs', async () => {
    await store.commit(creationOf({ ...run, nextEventId: 2 }, [signal(1, randomBytes(5000))]));
    const total = `${keys.base('default')}bytes`;
    expect(await client.exists(total)).toBe(0);
    const closed = { ...run, ...closedAt(2000), nextEventId: 2 };
    await store.commit(commitOf({ expectedRevision: 1, record: closed, events: [] }));
    const size = Number(await client.get(total));
    expect(size).toBe(
      5000 + (await client.hstrlen(keys.run(run), 'rec')) + String(await client.lindex(keys.history(run), 0)).length,
    );
    await store.commit(commitOf({ expectedRevision: 2, record: closed, events: [] }));
    expect(Number(await client.get(total))).toBe(size);
    await store.delete(run);
    expect(await client.get(total)).toBe('0');
  });

  test('that are lost are told of, wherever the run is read', async () => {
    await store.commit(creationOf({ ...run, ...memoOf(randomBytes(THRESHOLD * 2)) }, []));
    await client.del(keys.payloads(run));
    const lost = { code: 'corrupt', message: expect.stringContaining(run.runId) as string };
    const reader = another();
    await expect(reader.load(run)).rejects.toMatchObject(lost);
    await expect(reader.list({ namespace: run.namespace, limit: 10 })).rejects.toMatchObject(lost);
    await expect(
      reader.list({ namespace: run.namespace, workflowId: run.workflowId, limit: 10 }),
    ).rejects.toMatchObject(lost);
    // A process that takes the run over.
    const queue = `${keys.tag(run.namespace)}:queue:`;
    await client.set(`${queue}${run.runId}:lock`, 'token');
    await client.hset(`${queue}${run.runId}`, 'ats', 1);
    const residents = new Residents({
      client,
      keys,
      store: reader,
      process: 'here',
      frontend: () => expect.unreachable(),
      lingerMs: 0,
      capacity: 1,
      onError: () => undefined,
    });
    const job = { data: run, id: run.runId, attemptsStarted: 1 } as unknown as Job;
    await expect(residents.hold(job, 'token', { queue, isLeaving: false })).rejects.toMatchObject(lost);
  });
});

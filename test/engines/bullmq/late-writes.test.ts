import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toNumber } from '../../../src/core/proto.ts';
import type { RunKey } from '../../../src/core/record.ts';
import type { Commit } from '../../../src/core/store.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import type { Frontend } from '../../../src/runtime/frontend/frontend.ts';
import { commitOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

const key: RunKey = { namespace: 'default', workflowId: 'w', runId: 'w' };

/** A change of the run that was read with a revision: one more event, and the revision as its state count. */
function change(expectedRevision: number): Commit {
  const record = exampleRecord('w', { nextEventId: expectedRevision + 2, stateTransitionCount: expectedRevision });
  return commitOf({ expectedRevision, record, events: exampleEvents(expectedRevision + 1, expectedRevision + 1) });
}

/** The same as long as the run has one event, which it keeps to: such as a signal that waits for the end of a task. */
function changeOfRecord(expectedRevision: number, identity: string): Commit {
  const record = exampleRecord('w', {
    nextEventId: 2,
    stateTransitionCount: expectedRevision,
    startRequestId: identity,
  });
  return commitOf({ expectedRevision, record, events: [] });
}

describe.skipIf(redisUrl === undefined)('changes that wait for the next one', () => {
  let client: Redis;
  let here: RedisStore;
  let elsewhere: RedisStore;
  let refused: RunKey[];
  const frontends: Frontend[] = [];

  beforeEach(() => {
    client = connectRedis();
    const keys = ownKeys();
    refused = [];
    here = new RedisStore({ client, keys, onRefused: (run) => refused.push(run) });
    elsewhere = new RedisStore({ client, keys });
  });
  afterEach(async () => {
    await Promise.all(frontends.splice(0).map((frontend) => frontend.close()));
    await Promise.all([here.close(), elsewhere.close()]);
    client.disconnect();
  });

  const takeCareOfIt = async (): Promise<void> => {
    await here.commit(change(0));
    const stored = await here.load(key);
    if (stored === undefined) throw new Error('there is no such run');
    here.known.set(key, stored, stored.revision);
  };
  const ids = async (store: RedisStore): Promise<number[]> =>
    (await store.readHistory(key, 1)).map(({ eventId }) => toNumber(eventId));

  test('are written with it, and count as if each had been written alone', async () => {
    await takeCareOfIt();
    const waiting = [here.commitLater(change(1)), here.commitLater(change(2))];
    expect(here.recall(key)).toMatchObject({ revision: 3, record: { stateTransitionCount: 2 } });
    // Whoever works on it has all of its history.
    expect((await here.readHistory(key, 1, 4)).map(({ eventId }) => toNumber(eventId))).toEqual([1, 2, 3]);
    expect(await elsewhere.load(key)).toMatchObject({ revision: 1 });
    expect(await here.commit(change(3))).toBe('committed');
    for (const written of waiting) expect(await written).toBe('committed');
    expect(await elsewhere.load(key)).toMatchObject({ revision: 4, record: { stateTransitionCount: 3 } });
    expect(await ids(elsewhere)).toEqual([1, 2, 3, 4]);
    expect(await elsewhere.commit(change(4))).toBe('committed');
    expect(refused).toEqual([]);
  });

  test('are written alone when none comes', async () => {
    await takeCareOfIt();
    expect(await here.commitLater(change(1))).toBe('committed');
    expect(await elsewhere.load(key)).toMatchObject({ revision: 2 });
  });

  test('are written before anybody reads the run, and when the store closes', async () => {
    await takeCareOfIt();
    void here.commitLater(change(1));
    expect(await here.load(key)).toMatchObject({ revision: 2 });
    void here.commitLater(change(2));
    expect(await ids(here)).toEqual([1, 2, 3]);
    expect(await elsewhere.load(key)).toMatchObject({ revision: 3 });
    void here.commitLater(change(3));
    await here.close();
    expect(await elsewhere.load(key)).toMatchObject({ revision: 4 });
  });

  test('are refused together when somebody else was faster; then changes do not wait for a while', async () => {
    await takeCareOfIt();
    const waiting = here.commitLater(change(1));
    expect(await elsewhere.commit(change(1))).toBe('committed');
    expect(await here.commit(change(2))).toBe('conflict');
    expect(await waiting).toBe('conflict');
    expect(refused).toEqual([expect.objectContaining(key)]);
    expect(here.recall(key)).toBeUndefined();
    expect(await here.load(key)).toMatchObject({ revision: 2 });
    expect(here.recall(key)).toMatchObject({ revision: 2 });
    expect(here.commitLater(change(2))).toBeUndefined();
    expect(await ids(elsewhere)).toEqual([1, 2]);
  });

  test('are refused with what comes after them also when that is asked for while they are written', async () => {
    await takeCareOfIt();
    void here.commitLater(change(1));
    expect(await elsewhere.commit(change(1))).toBe('committed');
    const settled = here.settle(key);
    // Redis has as many commits as this one expects, but not the same.
    expect(await here.commit(change(2))).toBe('conflict');
    await settled;
    expect(await elsewhere.load(key)).toMatchObject({ revision: 2 });
  });

  test('are refused with those before them that are still on their way: a change of somebody else stays', async () => {
    await takeCareOfIt();
    const first = here.commitLater(changeOfRecord(1, 'ours'));
    const foreign = changeOfRecord(1, 'theirs');
    expect(await elsewhere.commit(foreign)).toBe('committed');
    const settled = [here.settle(key)];
    // Redis has as many commits as this one expects, and as many events, but not the same.
    const second = here.commitLater(changeOfRecord(2, 'ours'));
    settled.push(here.settle(key));
    const third = here.commitLater(changeOfRecord(3, 'ours'));
    settled.push(here.settle(key));
    await Promise.all(settled);
    expect([await first, await second, await third]).toEqual(['conflict', 'conflict', 'conflict']);
    expect(await elsewhere.load(key)).toMatchObject({ revision: 2, record: { startRequestId: 'theirs' } });
  });

  test('are written in their order, and before anybody reads the run, also when those before them are on their way', async () => {
    await takeCareOfIt();
    const written = [here.commitLater(change(1))];
    const settled = here.settle(key);
    written.push(here.commitLater(change(2)));
    expect(await here.load(key)).toMatchObject({ revision: 3, record: { stateTransitionCount: 2 } });
    await settled;
    for (const each of written) expect(await each).toBe('committed');
    void here.commitLater(change(3));
    void here.settle(key);
    void here.commitLater(change(4));
    void here.settle(key);
    expect(await ids(here)).toEqual([1, 2, 3, 4, 5]);
    expect(refused).toEqual([]);
  });

  test('are only those of runs that this process takes care of, as it knows them', async () => {
    await takeCareOfIt();
    expect(here.commitLater(change(2))).toBeUndefined();
    expect(elsewhere.commitLater(change(1))).toBeUndefined();
    const child = { namespace: 'default', workflowId: 'c', runId: 'c', workflowType: 'any', parentClosePolicy: 1 };
    const children = new Map([[1, { ...child, initiatedEventId: 1, startedEventId: 0 }]]);
    const [write] = change(1).runs;
    if (write === undefined) throw new Error('there is no change');
    expect(here.commitLater(commitOf({ ...write, record: { ...write.record, children } }))).toBeUndefined();
    here.known.delete(key);
    expect(here.commitLater(change(1))).toBeUndefined();
  });

  test('an answer to a task that others have taken meanwhile does not count, though its events have the same ids', async () => {
    const namespace = 'default';
    const open = async (store: RedisStore): Promise<Frontend['service']> => {
      const frontend = await createFrontend({ store });
      frontends.push(frontend);
      return frontend.service;
    };
    const taskQueue = { name: 'work' };
    const theirs = await open(elsewhere);
    const start = { namespace, workflowId: 'x', requestId: randomUUID(), workflowType: { name: 'any' }, taskQueue };
    const { runId } = await theirs.startWorkflowExecution(start);
    const run = { namespace, workflowId: 'x', runId: runId ?? '' };
    const stored = await here.load(run);
    if (stored === undefined) throw new Error('there is no such run');
    here.known.set(run, stored, 2);
    const ours = await open(here);
    const poll = { namespace, taskQueue };
    // However slow the machine is, that we have taken it is not written before they take it.
    const { settle } = here;
    here.settle = async () => undefined;
    const mine = await ours.pollWorkflowTaskQueue(poll);
    const other = await theirs.pollWorkflowTaskQueue(poll);
    here.settle = settle;
    expect([toNumber(mine.startedEventId), toNumber(other.startedEventId)]).toEqual([3, 3]);
    await expect(ours.respondWorkflowTaskCompleted({ taskToken: mine.taskToken ?? null })).rejects.toMatchObject({
      code: 5,
    });
    await expect(theirs.respondWorkflowTaskCompleted({ taskToken: other.taskToken ?? null })).resolves.toBeDefined();
  });
});

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventType, ParentClosePolicy, toLong, WorkflowExecutionStatus } from '../../../src/core/proto.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import type { Frontend } from '../../../src/runtime/frontend/frontend.ts';
import { Keeper } from '../../../src/engines/bullmq/keeper.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { memberOf } from '../../../src/engines/bullmq/keys.ts';
import { Sweep } from '../../../src/engines/bullmq/sweep.ts';
import type { PendingActivity, RunKey } from '../../../src/core/record.ts';
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
  let errors: unknown[];

  beforeEach(async () => {
    client = connectRedis();
    keys = ownKeys();
    queue = `${keys.tag(namespace)}:queue:`;
    const jobs = { queuePrefix: () => queue, keeping: () => ({ options: '{}', finishedGo: true }) };
    store = new RedisStore({ client, keys, process: 'here', jobs });
    const residency = {
      has: () => false,
      canQuery: () => false,
      forward: () => Promise.reject(new Error('nobody is there')),
      watch: () => () => undefined,
      looked: () => undefined,
      kept: () => undefined,
      waiting: async () => [],
    };
    frontend = await createFrontend({ store, residency: () => residency });
    errors = [];
    const onError = (error: unknown): void => void errors.push(error);
    const retention = { age: 60_000, bytes: Infinity };
    const shared = { client, keys, namespace, process: 'here', store, jobs, onError };
    keeper = new Keeper({ ...shared, retention, frontend: () => frontend });
    await store.commit(creationOf(open, exampleEvents(1, 2)));
  });
  afterEach(async () => {
    await frontend.close();
    client.disconnect();
    if (errors.length > 0) throw new AggregateError(errors, 'in the background');
  });

  async function writeAsNewer(key: RunKey): Promise<void> {
    const text = (await client.hget(keys.run(key), 'rec')) ?? '';
    await client.hset(keys.run(key), 'rec', text.replace('"version":1', '"version":2'));
  }

  const found = { scannedKeys: 1, stalledRuns: 1, reconciledRuns: 1, failedRuns: 0 };
  const healthy = { scannedKeys: 1, stalledRuns: 0, reconciledRuns: 0, failedRuns: 0 };

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
    expect(await keeper.sweep()).toEqual({ ...found, scannedKeys: 2 });
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('delivers the result of a child, and closes what a parent has left, with no worker there', async () => {
    const parent = exampleRecord('p', { runId: randomUUID(), nextEventId: 3, previousStartedEventId: 1 });
    const child = exampleRecord('c', { runId: randomUUID(), nextEventId: 3, previousStartedEventId: 1 });
    const pending = {
      initiatedEventId: 2,
      startedEventId: 2,
      namespace,
      workflowId: 'c',
      runId: child.runId,
      workflowType: 'example',
      parentClosePolicy: ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE,
    };
    await store.commit(creationOf({ ...parent, children: new Map([[2, pending]]) }, exampleEvents(1, 2)));
    // It has closed, and whoever closed it died before telling.
    const [begun = {}] = exampleEvents(1, 1);
    const closing = { ...begun, eventId: toLong(2), eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED };
    const told = {
      ...child,
      ...closedAt(2000),
      parent: { namespace, workflowId: 'p', runId: parent.runId, initiatedEventId: 2 },
      effects: [{ id: 'tell', kind: 'notifyParent', eventId: 2 } as const],
    };
    await store.commit(creationOf(told, [begun, closing]));
    expect(await keeper.sweep({ stalledThresholdSeconds: 1e10 })).toMatchObject({ stalledRuns: 0 });
    expect(await keeper.sweep()).toEqual({ ...found, scannedKeys: 3 });
    const after = (await store.load(parent))?.record;
    expect(after?.children.size).toBe(0);
    expect(after?.workflowTask).toBeDefined();
    expect((await store.load(child))?.record.effects).toEqual([]);
    const [event] = await store.readHistory(parent, 3, 4);
    expect(event?.eventType).toBe(EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED);
    expect(await keeper.sweep()).toEqual({ ...healthy, scannedKeys: 2 });
  });

  test('does what is overdue, once it is for as long as was said', async () => {
    const overdue = { ...open, runDeadline: Date.now() - 10_000 };
    await store.commit(commitOf({ expectedRevision: 1, record: overdue, events: [] }));
    expect(await keeper.sweep({ stalledThresholdSeconds: 60 })).toEqual(healthy);
    expect((await store.load(open))?.record.closeTime).toBeUndefined();
    expect(await keeper.sweep()).toEqual(found);
    const timedOut = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    expect((await store.load(open))?.record.status).toBe(timedOut);
    expect(await keeper.sweep()).toEqual({ ...healthy, scannedKeys: 0 });
  });

  test('fires a timer that nobody has fired, of a run whose job is lost', async () => {
    const timer = { timerId: '1', startedEventId: 2, fireAt: Date.now() - 10_000 };
    const waiting = { ...open, workflowTask: undefined, previousStartedEventId: 1, timers: new Map([['1', timer]]) };
    await store.commit(commitOf({ expectedRevision: 1, record: waiting, events: [] }));
    await client.del(`${queue}${runId}`, `${queue}wait`, `${queue}delayed`);
    expect(await keeper.sweep()).toEqual(found);
    const [event] = await store.readHistory(open, 3, 4);
    expect(event?.eventType).toBe(EventType.EVENT_TYPE_TIMER_FIRED);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test('tells of a run that it cannot help, and goes on with the others', async () => {
    const other = exampleRecord('z', { runId: randomUUID(), nextEventId: 3, workflowTask: task(0) });
    await store.commit(creationOf(other, exampleEvents(1, 2)));
    await client.del(`${queue}wait`);
    await client.hset(keys.run(open), 'rec', 'no record');
    expect(await keeper.sweep()).toEqual({ scannedKeys: 2, stalledRuns: 2, reconciledRuns: 1, failedRuns: 1 });
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([other.runId]);
    expect(errors.splice(0)).toEqual([expect.objectContaining({ name: 'StoreError', code: 'corrupt' })]);
  });

  test('goes on with the others when it cannot read runs that are overdue', async () => {
    const timedOut = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    // More than it looks at in one go.
    for (let i = 0; i < 210; i++) {
      const newer = exampleRecord(`newer${i}`, { runId: randomUUID(), nextEventId: 3, runDeadline: 1000 });
      await store.commit(creationOf(newer, []));
      await writeAsNewer(newer);
    }
    // Not overdue for long enough for the first look at all runs.
    const runDeadline = Date.now() + 1000;
    const other = exampleRecord('z', { runId: randomUUID(), nextEventId: 3, workflowTask: task(0), runDeadline });
    await store.commit(creationOf(other, exampleEvents(1, 2)));
    const old = exampleRecord('old', { runId: randomUUID(), nextEventId: 3, ...closedAt(1000) });
    await store.commit(creationOf(old, exampleEvents(1, 2)));
    keeper.start();
    await expect.poll(async () => (await store.load(other))?.record.status, { timeout: 8000 }).toBe(timedOut);
    await expect.poll(() => store.load(old), { timeout: 8000 }).toBeUndefined();
    await keeper.close();
    const newer = expect.objectContaining({ name: 'StoreError', code: 'newer-version' });
    const told = errors.splice(0);
    expect(told).toEqual(told.map(() => newer));
  });

  test('reads the lists of a queue once for all that wait', async () => {
    for (let i = 0; i < 300; i++) {
      const other = exampleRecord(`w${i}`, { runId: randomUUID(), nextEventId: 3, workflowTask: task(0) });
      await store.commit(creationOf(other, []));
    }
    const monitor = await client.duplicate().monitor();
    const seen: string[] = [];
    const over = Promise.withResolvers<void>();
    monitor.on('monitor', (_time: string, [command = '', key = '']: string[]) => {
      if (key.startsWith(queue)) seen.push(command.toLowerCase());
      if (command.toLowerCase() === 'echo' && key === queue) over.resolve();
    });
    expect(await keeper.sweep()).toEqual({ ...healthy, scannedKeys: 301 });
    await client.echo(queue);
    await over.promise;
    monitor.disconnect();
    expect(seen.filter((command) => command === 'lpos')).toEqual([]);
    expect(seen.filter((command) => command === 'lrange')).toHaveLength(1);
  });

  test('ends a sweep that has become the business of another process', async () => {
    for (let i = 0; i < 600; i++) {
      await client.zadd(`${keys.base(namespace)}unfinished`, 1, memberOf({ runId: `ghost${i}`, workflowId: 'w' }));
    }
    const jobs = { queuePrefix: () => queue, keeping: () => ({ options: '{}', finishedGo: true }) };
    const options = { client, keys, namespace, store, jobs, frontend: () => frontend, onError: () => undefined };
    const plan = { latest: Date.now(), goesOn: async () => false, ring: async () => undefined };
    const { scannedKeys, stalledRuns } = await new Sweep(options, plan).run();
    expect(scannedKeys).toBeLessThan(600);
    expect(stalledRuns).toBe(0);
  });

  test('leaves a run asleep whose activity has a job, and wakes it when that is lost', async () => {
    const activity = exampleActivity('elsewhere');
    const waiting = {
      ...open,
      workflowTask: undefined,
      previousStartedEventId: 1,
      activities: new Map([[5, activity]]),
    };
    await store.commit(commitOf({ expectedRevision: 1, record: waiting, events: [] }));
    await client.del(`${queue}wait`);
    await client.zadd(`${queue}delayed`, (Date.now() + 3_600_000) * 4096, runId);
    const job = `${keys.tag(namespace)}:elsewhere~activities:${runId}~5~1`;
    await client.hset(job, 'name', 'activity');
    expect(await keeper.sweep()).toEqual(healthy);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([]);
    await client.del(job);
    expect(await keeper.sweep()).toEqual(found);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
  });

  test('brings back a job that has failed, once', async () => {
    await client.del(`${queue}wait`);
    await client.zadd(`${queue}failed`, Date.now(), runId);
    expect(await keeper.sweep()).toEqual(found);
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await client.zrange(`${queue}failed`, '0', '-1')).toEqual([]);
    expect(await keeper.sweep()).toEqual(healthy);
  });

  test.each(['here', 'elsewhere'])('a commit brings back a job that has failed %s', async (owner) => {
    await client.del(`${queue}wait`);
    await client.zadd(`${queue}failed`, Date.now(), runId);
    await client.hset(`${queue}${runId}`, 'failedReason', 'a mistake', 'finishedOn', Date.now());
    await client.hset(keys.run(open), 'owner', owner);
    await store.commit(commitOf({ expectedRevision: 1, record: open, events: [] }));
    expect(await client.lrange(`${queue}wait`, 0, -1)).toEqual([runId]);
    expect(await client.zrange(`${queue}failed`, '0', '-1')).toEqual([]);
    expect(await client.hget(`${queue}${runId}`, 'failedReason')).toBeNull();
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

/** An activity that waits for a worker. */
function exampleActivity(taskQueue: string): PendingActivity {
  return {
    scheduledEventId: 5,
    activityId: '5',
    activityType: 'work',
    taskQueue,
    attempt: 1,
    state: 'scheduled',
    scheduledTime: 1000,
    attemptScheduledTime: 1000,
    startedTime: 0,
    lastHeartbeatTime: 0,
    heartbeatDetails: undefined,
    lastFailure: undefined,
    lastWorkerIdentity: '',
    identity: '',
    requestId: '',
    cancelRequestedEventId: 0,
    scheduleToStartTimeout: 0,
    scheduleToCloseTimeout: 0,
    startToCloseTimeout: 20_000,
    heartbeatTimeout: 0,
    retryPolicy: undefined,
  };
}

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

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toNumber } from '../../../src/core/proto.ts';
import { isRepeatable } from '../../../src/engines/embedded/repeatable.ts';
import { workflowServiceMethods } from '../../../src/runtime/rpc-methods.ts';
import { openShared } from '../../../src/engines/embedded/shared-service.ts';
import type { SharedService, SharedServiceOptions } from '../../../src/engines/embedded/shared-service.ts';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import type { MethodName } from '../../../src/runtime/service.ts';
import { grpcStatus } from '../../../src/runtime/errors.ts';
import { countingService } from './counting-service.ts';
import { temporaryDirectory } from './support.ts';

async function open(path: string, options: Partial<SharedServiceOptions> = {}): Promise<SharedService> {
  const shared = await openShared({ path, startOwner: countingService, timeout: 20_000, ...options });
  onTestFinished(() => shared.close());
  return shared;
}

async function count({ service }: SharedService): Promise<number> {
  return toNumber((await service.countWorkflowExecutions({ namespace: 'default' })).count);
}

describe('a shared file', () => {
  test('is owned by the first and used by all', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const first = await open(path);
    const second = await open(path);
    expect([first.role(), second.role()]).toEqual(['owner', 'connected']);
    await second.service.signalWorkflowExecution({ signalName: 'a', requestId: '1' });
    await first.service.signalWorkflowExecution({ signalName: 'b', requestId: '1' });
    expect([await count(first), await count(second)]).toEqual([2, 2]);
    await expect(second.service.describeNamespace({})).rejects.toMatchObject({ code: grpcStatus.INTERNAL });
  });

  test('has one owner of many that open it at once', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const all = await Promise.all(Array.from({ length: 8 }, () => open(path)));
    expect(all.map((shared) => shared.role()).toSorted()).toEqual([...Array<string>(7).fill('connected'), 'owner']);
    await Promise.all(
      all.map(({ service }, i) => service.signalWorkflowExecution({ signalName: `${i}`, requestId: '1' })),
    );
    expect(await count(all[5] ?? raise())).toBe(8);
  });

  test('is handed over when its owner leaves, with calls under way', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const first = await open(path);
    const [second, third] = [await open(path), await open(path)];
    const stop = new AbortController();
    const poll = third.service.pollWorkflowTaskQueue({}, { signal: stop.signal });
    const namespace = third.service.registerNamespace({ namespace: 'n' });
    await second.service.signalWorkflowExecution({ signalName: 'a', requestId: '1' });
    await Promise.all([
      first.close(),
      expect(namespace).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE, details: /nobody knows whether/ }),
      second.service.signalWorkflowExecution({ signalName: 'b', requestId: '1' }),
      third.service.signalWorkflowExecution({ signalName: 'c', requestId: '1' }),
    ]);
    expect(await count(second)).toBe(3);
    expect([second.role(), third.role()].toSorted()).toEqual(['connected', 'owner']);
    // The poll has gone on at the new owner.
    expect(await Promise.race([poll, delay(50, 'waiting')])).toBe('waiting');
    stop.abort();
    await expect(poll).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
    await expect(first.service.getSystemInfo({})).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
  });

  test('is free again when all have left', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const [first, second] = [await open(path), await open(path)];
    await second.service.signalWorkflowExecution({ signalName: 'a', requestId: '1' });
    await second.close();
    await first.close();
    expect(existsSync(join(`${path}.owner`, 'owner.json'))).toBe(false);
    const store = await SqliteStore.open(path);
    expect(await store.count({ namespace: 'default' })).toBe(1);
    await expect(open(path, { timeout: 100 })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringMatching(/did not answer within 100 ms/),
    });
    await store.close();
    expect((await open(path)).role()).toBe('owner');
  });

  test('that cannot be opened says why, and lets go of it', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const fails = open(path, { startOwner: () => Promise.reject(new Error('cannot start')) });
    await expect(fails).rejects.toThrow('cannot start');
    expect((await open(path)).role()).toBe('owner');
    const other = join(temporaryDirectory(), 'perdure.db');
    writeFileSync(other, 'not a database, for sure'.repeat(100));
    await expect(open(other)).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('tells callers when nobody can take over, and goes on once somebody can', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const first = await open(path);
    let mayStart = false;
    const second = await open(path, {
      startOwner: (store) => (mayStart ? countingService(store) : Promise.reject(new Error('cannot start'))),
    });
    await first.close();
    const call = second.service.getSystemInfo({});
    await expect(call).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE, details: 'cannot start' });
    mayStart = true;
    await expect.poll(() => second.role()).toBe('owner');
    expect(await count(second)).toBe(0);
  });

  test('lets a caller give up while there is no owner', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const first = await open(path);
    const hold = Promise.withResolvers<void>();
    const second = await open(path, { startOwner: (store) => hold.promise.then(() => countingService(store)) });
    await first.close();
    const stop = new AbortController();
    const poll = second.service.pollWorkflowTaskQueue({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(poll).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
    hold.resolve();
    expect(await count(second)).toBe(0);
  });
});

describe('a call whose fate is unknown', () => {
  const update = { request: { meta: { updateId: 'u' } } };
  const start = { startWorkflow: { requestId: 'r' } };
  const cases: [MethodName, unknown, boolean][] = [
    ['getWorkflowExecutionHistory', {}, true],
    ['pollActivityTaskQueue', {}, true],
    ['respondWorkflowTaskCompleted', {}, true],
    ['terminateWorkflowExecution', {}, true],
    ['startWorkflowExecution', { requestId: 'r' }, true],
    ['startWorkflowExecution', { requestId: '' }, false],
    ['signalWorkflowExecution', {}, false],
    ['signalWithStartWorkflowExecution', { requestId: null }, false],
    ['updateWorkflowExecution', update, true],
    ['updateWorkflowExecution', {}, false],
    ['executeMultiOperation', { operations: [start, { updateWorkflow: update }] }, true],
    ['executeMultiOperation', { operations: [start, { updateWorkflow: {} }] }, false],
    ['registerNamespace', {}, false],
  ];
  test.each(cases)('%s %j: repeated %s', (name, request, expected) => {
    const method = workflowServiceMethods.find((each) => each.name === name) ?? raise();
    expect(isRepeatable(method, request)).toBe(expected);
  });
});

function raise(): never {
  throw new Error('This cannot be missing.');
}

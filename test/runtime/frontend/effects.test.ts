import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { Bench, commands } from './harness.ts';

describe('effects', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
    await bench.start('parent');
  });
  afterEach(() => bench.close());

  const count = async (workflowId: string, type: string): Promise<number> =>
    (await bench.types(workflowId)).filter((each) => each === type).length;
  const eventually = async (check: () => Promise<void>): Promise<void> => {
    await expect
      .poll(async () =>
        check().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await check();
  };
  const status = async (workflowId: string): Promise<number> =>
    (await bench.describe(workflowId)).workflowExecutionInfo?.status ?? 0;

  it('happen once, when the store works again, without time passing for the runs', async () => {
    const task = await bench.poll();
    let commits = 0;
    bench.store.trouble = () => (++commits === 1 ? undefined : 'full');
    const before = bench.clock.now();
    await bench.complete(task, [commands.child('child')]);
    await expect.poll(() => bench.errors.length).toBeGreaterThanOrEqual(2);
    bench.store.trouble = () => undefined;
    await eventually(async () => expect(await count('parent', 'ChildWorkflowExecutionStarted')).toBe(1));
    expect(bench.clock.now()).toBe(before);
    expect(await count('child', 'WorkflowExecutionStarted')).toBe(1);
  });

  it('that fail again and again do not stop the time of the runs for good', async () => {
    const task = await bench.poll();
    let attempts = 0;
    bench.store.trouble = ({ runs }) => (runs.length > 1 && ++attempts > 0 ? 'full' : undefined);
    await bench.complete(task, [commands.child('child')]);
    const before = bench.clock.now();
    await bench.clock.sleep(60_000);
    expect(bench.clock.now() - before).toBe(60_000);
    // Patience comes first.
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(10);
  });

  it('are tried again by one at a time, however often the run changes meanwhile', async () => {
    const task = await bench.poll();
    let attempts = 0;
    bench.store.trouble = ({ runs }) => {
      if (runs.length < 2) return undefined;
      attempts++;
      return 'full';
    };
    await bench.complete(task, [commands.child('child')]);
    for (let signals = 0; signals < 20; signals++) await bench.signal('parent', 's');
    await bench.settle();
    expect(attempts).toBeLessThan(5);
    bench.store.trouble = () => undefined;
    await eventually(async () => expect(await count('parent', 'ChildWorkflowExecutionStarted')).toBe(1));
  });

  it('survive a crash before and after their commit', async () => {
    const task = await bench.poll();
    bench.store.trouble = ({ runs }) => (runs.length > 1 ? 'full' : undefined);
    await bench.complete(task, [commands.child('child')]);
    await bench.settle();
    bench.store.trouble = () => undefined;
    await bench.restart();
    await eventually(async () => expect(await count('parent', 'ChildWorkflowExecutionStarted')).toBe(1));
    await bench.restart();
    await bench.settle();
    expect(await count('parent', 'ChildWorkflowExecutionStarted')).toBe(1);
    expect(validateHistory(await bench.history('parent'))).toEqual([]);
  });

  it('tell the parent once of a child that ended while the store failed', async () => {
    await bench.complete(await bench.poll(), [commands.child('child')]);
    await bench.settle();
    const tasks = [await bench.poll(), await bench.poll()];
    const child = tasks.find(({ workflowExecution }) => workflowExecution?.workflowId === 'child') ?? {};
    bench.store.trouble = ({ runs }) => (runs.length > 1 ? 'full' : undefined);
    await bench.complete(child, [commands.complete()]);
    await bench.settle();
    bench.store.trouble = () => undefined;
    await bench.restart();
    const parent = tasks.find((task) => task !== child) ?? {};
    await bench.complete(parent);
    await eventually(async () => expect(await count('parent', 'ChildWorkflowExecutionCompleted')).toBe(1));
    expect(validateHistory(await bench.history('parent'))).toEqual([]);
  });

  it.each([
    ['terminates', 1, 5],
    ['abandons', 2, 1],
    ['cancels', 3, 1],
  ])('a parent that ends %s its child, also through a crash', async (what, policy, expected) => {
    await bench.complete(await bench.poll(), [commands.child('child', policy)]);
    await bench.settle();
    bench.store.trouble = ({ runs }) => (runs.length > 1 ? 'full' : undefined);
    await bench.terminate('parent');
    await bench.settle();
    bench.store.trouble = () => undefined;
    await bench.restart();
    await bench.settle();
    expect(await status('child')).toBe(expected);
    expect(await count('child', 'WorkflowExecutionCancelRequested')).toBe(what === 'cancels' ? 1 : 0);
  });

  it('a child whose start is pending when its parent ends is never started', async () => {
    const task = await bench.poll();
    bench.store.trouble = ({ runs }) => (runs.length > 1 ? 'full' : undefined);
    await bench.complete(task, [commands.child('a', 1), commands.child('b', 2), commands.child('c', 3)]);
    await bench.terminate('parent');
    bench.store.trouble = () => undefined;
    await expect.poll(() => bench.errors.length).toBeGreaterThan(0);
    await bench.restart();
    await bench.settle();
    for (const child of ['a', 'b', 'c']) await expect(bench.describe(child)).rejects.toMatchObject({ code: 5 });
  });

  it('reach a run that has just begun in place of the one that was current', async () => {
    await bench.complete(await bench.poll());
    const before = await bench.start('other');
    await bench.terminate('other');
    await bench.start('other');
    await bench.poll();
    const { currentRunId } = bench.store;
    let looks = 0;
    bench.store.currentRunId = async (namespace, workflowId) =>
      workflowId === 'other' && ++looks === 1 ? before : currentRunId.call(bench.store, namespace, workflowId);
    await bench.signal('parent', 's');
    await bench.complete(await bench.poll(), [commands.signal('other', 'hello')]);
    await eventually(async () => expect(await count('parent', 'ExternalWorkflowExecutionSignaled')).toBe(1));
    expect(looks).toBeGreaterThan(1);
  });

  it('of a run that is deleted are done first', async () => {
    await bench.complete(await bench.poll(), [commands.child('child')]);
    await bench.settle();
    await bench.service.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'parent' },
    });
    expect(await status('child')).toBe(5);
    await expect(bench.describe('parent')).rejects.toMatchObject({ code: 5 });
    await expect(bench.start('parent')).resolves.not.toBe('');
    expect(bench.errors).toEqual([]);
  });

  it('deleting an older run leaves the current one', async () => {
    const { workflowExecutionInfo } = await bench.describe('parent');
    const old = workflowExecutionInfo?.execution?.runId ?? '';
    await bench.terminate('parent');
    const runId = await bench.start('parent');
    await bench.service.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'parent', runId: old },
    });
    expect((await bench.describe('parent')).workflowExecutionInfo?.execution?.runId).toBe(runId);
    await expect(bench.history('parent', old)).rejects.toMatchObject({ code: 5 });
  });
});

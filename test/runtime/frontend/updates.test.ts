import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { createFrontend, type Frontend } from '../../../src/runtime/frontend/frontend.ts';
import { Bench, commands, namespace, sticky } from './harness.ts';
import { say } from './updates-messages.ts';

describe('updates', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
    await bench.start('w');
    await bench.complete(await bench.poll());
  });
  afterEach(() => bench.close());

  const accept = async (id: string): Promise<void> => {
    const task = await bench.poll();
    expect(task.messages?.map(({ protocolInstanceId }) => protocolInstanceId)).toContain(id);
    await complete(task, id);
  };
  const complete = async (task: Awaited<ReturnType<Bench['poll']>>, id: string): Promise<void> => {
    await bench.complete(task, [commands.protocol(`${id}/accept`), commands.protocol(`${id}/complete`)], {
      messages: [say.accept(id), say.complete(id)],
    });
  };

  it('reach their workflow although somebody else was faster at the first attempt', async () => {
    let conflicts = 1;
    bench.store.trouble = () => (conflicts-- > 0 ? 'conflict' : undefined);
    const update = bench.update('w', 'u');
    await accept('u');
    await expect(update).resolves.toMatchObject({ stage: 3, outcome: { success: {} } });
  });

  it('may be sent again after the store failed', async () => {
    bench.store.trouble = () => 'full';
    await expect(bench.update('w', 'u')).rejects.toMatchObject({ code: 14 });
    bench.store.trouble = () => undefined;
    const update = bench.update('w', 'u');
    await accept('u');
    await expect(update).resolves.toMatchObject({ stage: 3 });
    expect((await bench.types('w')).filter((type) => type === 'WorkflowExecutionUpdateAccepted')).toHaveLength(1);
  });

  it('do not wait for ever for a worker that had the run in its cache and died', async () => {
    await bench.signal('w', 's');
    await bench.complete(await bench.poll(), [], sticky('dead'));
    // It polled a moment ago, so it is taken to be there.
    await bench.poll({ name: 'dead', kind: 2 }, 1);
    const update = bench.update('w', 'u');
    await bench.settle();
    await bench.clock.sleep(5001);
    await accept('u');
    await expect(update).resolves.toMatchObject({ stage: 3 });
    expect(validateHistory(await bench.history('w'))).toEqual([]);
    expect((await bench.types('w')).slice(8, 11)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskTimedOut',
      'WorkflowTaskScheduled',
    ]);
  });

  it('become an ordinary task when no worker comes, also with a signal in between', async () => {
    const update = bench.update('w', 'u');
    await bench.settle();
    await bench.clock.sleep(1000);
    await bench.signal('w', 's');
    await bench.clock.sleep(5000);
    await accept('u');
    await expect(update).resolves.toMatchObject({ stage: 3 });
    expect(validateHistory(await bench.history('w'))).toEqual([]);
  });

  it('that are rejected leave no events, and their id may be used again', async () => {
    const before = await bench.types('w');
    const update = bench.update('w', 'u');
    await bench.complete(await bench.poll(), [], { messages: [say.reject('u')] });
    await expect(update).resolves.toMatchObject({ stage: 3, outcome: { failure: { message: 'no' } } });
    expect(await bench.types('w')).toEqual(before);
    const again = bench.update('w', 'u');
    await accept('u');
    await expect(again).resolves.toMatchObject({ outcome: { success: {} } });
  });

  it('that are rejected while a signal comes: the signal is seen', async () => {
    const update = bench.update('w', 'u');
    const task = await bench.poll();
    await bench.signal('w', 's');
    await bench.complete(task, [], { messages: [say.reject('u')] });
    await expect(update).resolves.toMatchObject({ outcome: { failure: {} } });
    const next = await bench.poll();
    expect(next.history?.events?.at(-3)?.workflowExecutionSignaledEventAttributes?.signalName).toBe('s');
    await bench.complete(next);
    expect(validateHistory(await bench.history('w'))).toEqual([]);
  });

  it('with the same id are one', async () => {
    const updates = [bench.update('w', 'u'), bench.update('w', 'u')];
    await accept('u');
    for (const update of updates) await expect(update).resolves.toMatchObject({ stage: 3 });
    await expect(bench.update('w', 'u')).resolves.toMatchObject({ stage: 3, outcome: { success: {} } });
    await bench.terminate('w');
    await expect(bench.update('w', 'u')).resolves.toMatchObject({ stage: 3, outcome: { success: {} } });
    await expect(bench.update('w', 'v')).rejects.toMatchObject({
      code: 5,
      details: 'workflow execution already completed',
    });
    expect((await bench.types('w')).filter((type) => type === 'WorkflowExecutionUpdateAccepted')).toHaveLength(1);
  });

  it('come with the next task when one is out', async () => {
    await bench.signal('w', 's');
    const out = await bench.poll();
    const update = bench.update('w', '__proto__');
    await bench.settle();
    await bench.complete(out);
    await accept('__proto__');
    await expect(update).resolves.toMatchObject({ stage: 3 });
  });

  it('cannot be accepted twice', async () => {
    const update = bench.update('w', 'u', 2);
    await bench.complete(await bench.poll(), [commands.protocol('u/accept')], { messages: [say.accept('u')] });
    await expect(update).resolves.toMatchObject({ stage: 2 });
    await bench.signal('w', 's');
    const answer = bench.complete(await bench.poll(), [commands.protocol('u/accept')], { messages: [say.accept('u')] });
    await expect(answer).rejects.toMatchObject({ code: 3 });
    expect((await bench.types('w')).filter((type) => type === 'WorkflowExecutionUpdateAccepted')).toHaveLength(1);
  });

  it('that are accepted while their caller asks again do not come again', async () => {
    const first = bench.update('w', 'u');
    const task = await bench.poll();
    const { promise: isOver, resolve: over } = Promise.withResolvers<void>();
    const load = bench.store.load.bind(bench.store);
    bench.store.load = async (key) => {
      bench.store.load = load;
      const before = await load(key);
      await isOver;
      return before;
    };
    const again = bench.update('w', 'u');
    await bench.settle();
    await complete(task, 'u');
    over();
    for (const update of [first, again]) await expect(update).resolves.toMatchObject({ outcome: { success: {} } });
    await bench.signal('w', 's');
    expect((await bench.poll()).messages).toEqual([]);
  });

  it('that another process brought to the workflow do not come again', async () => {
    const here = bench.frontend;
    const there = await createFrontend({ store: bench.store, clock: bench.clock });
    const tell = async (frontend: Frontend): Promise<void> => {
      const runId = (await bench.store.currentRunId(namespace, 'w')) ?? '';
      const run = await bench.store.load({ namespace, workflowId: 'w', runId });
      if (run !== undefined) frontend.changed(run.record);
    };
    const updates = [bench.update('w', 'u')];
    await bench.settle();
    await tell(there);
    bench.frontend = there;
    updates.push(bench.update('w', 'u'));
    await bench.settle();
    await accept('u');
    await tell(here);
    bench.frontend = here;
    await bench.signal('w', 's');
    expect((await bench.poll()).messages).toEqual([]);
    for (const update of updates) await expect(update).resolves.toMatchObject({ outcome: { success: {} } });
    await there.close();
  });

  it('of a run that is terminated: those that are not accepted are aborted, and so is their task', async () => {
    const update = bench.update('w', 'u');
    const task = await bench.poll();
    await bench.terminate('w');
    await expect(update).rejects.toMatchObject({ code: 5, details: 'workflow update was aborted by closing workflow' });
    await expect(bench.complete(task)).rejects.toMatchObject({ code: 5 });
    expect((await bench.types('w')).slice(4)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionTerminated',
    ]);
    expect(validateHistory(await bench.history('w'))).toEqual([]);
  });

  it('that come while their run goes on as a new one go to that one', async () => {
    await bench.signal('w', 's');
    const out = await bench.poll();
    const runId = out.workflowExecution?.runId ?? '';
    const update = bench.update('w', 'u');
    const ofThisRun = bench.updateRun('w', runId, 'v').catch((error: unknown) => error);
    await bench.settle();
    await bench.complete(out, [commands.continueAsNew()]);
    const details = 'workflow operation can not be applied because workflow is closing';
    await expect(ofThisRun).resolves.toMatchObject({ code: 8, details });
    await accept('u');
    expect((await update).updateRef?.workflowExecution?.runId).not.toBe(runId);
    await expect(bench.updateRun('w', runId, 'v')).rejects.toMatchObject({ code: 5 });
  });

  it('that a workflow does not look at any more as it ends are aborted, or go to the run after it', async () => {
    const first = bench.update('w', 'u');
    await bench.complete(await bench.poll(), [commands.continueAsNew()]);
    const next = await bench.poll();
    expect(next.messages?.map(({ protocolInstanceId }) => protocolInstanceId)).toEqual(['u']);
    await bench.complete(next, [commands.complete()]);
    await expect(first).rejects.toMatchObject({ code: 5, details: 'workflow update was aborted by closing workflow' });
  });

  it('with a start go to the run that the running one goes on as', async () => {
    await bench.signal('w', 's');
    const out = await bench.poll();
    const both = bench.updateWithStart('w', 'u');
    await bench.settle();
    await bench.complete(out, [commands.continueAsNew()]);
    await accept('u');
    await expect(both).resolves.toMatchObject({
      responses: [{ startWorkflow: { started: false } }, { updateWorkflow: { outcome: { success: {} } } }],
    });
  });

  it('whose task times out go with the next one', async () => {
    const update = bench.update('w', 'u');
    await bench.poll();
    await bench.clock.sleep(10_001);
    await accept('u');
    await expect(update).resolves.toMatchObject({ stage: 3 });
    expect(validateHistory(await bench.history('w'))).toEqual([]);
  });

  it('that nobody knows after a crash leave an empty task, which leaves nothing', async () => {
    const update = bench.update('w', 'u');
    update.catch(() => undefined);
    await bench.settle();
    const before = await bench.types('w');
    await bench.restart();
    const task = await bench.poll();
    expect(task.messages).toEqual([]);
    await bench.complete(task);
    expect(await bench.types('w')).toEqual(before);
    const again = bench.update('w', 'u');
    await accept('u');
    await expect(again).resolves.toMatchObject({ stage: 3 });
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toDuration } from '../../../src/core/proto.ts';
import { ManualClock } from '../manual-clock.ts';
import { Bench, commands, namespace, sticky, taskQueue } from './harness.ts';

const w = { namespace, workflowId: 'w' };

describe('a paused run', () => {
  let bench: Bench<ManualClock>;
  beforeEach(async () => {
    bench = await Bench.openAt(new ManualClock());
  });
  afterEach(() => bench.close());
  const pause = (): Promise<unknown> => bench.service.pauseWorkflowExecution(w);
  const resume = (): Promise<unknown> => bench.service.unpauseWorkflowExecution(w);

  it('begins no earlier than it was to begin, and not before it goes on', async () => {
    await bench.start('w', { workflowStartDelay: toDuration(60_000) });
    await pause();
    await resume();
    expect(await bench.types('w')).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowExecutionPaused',
      'WorkflowExecutionUnpaused',
    ]);
    await pause();
    bench.clock.advance(60_000);
    await bench.settle();
    expect((await bench.types('w')).includes('WorkflowTaskScheduled')).toBe(false);
    await resume();
    expect((await bench.types('w')).at(-1)).toBe('WorkflowTaskScheduled');
  });

  it('has a task of its cache taken back, and goes on in the queue for everybody', async () => {
    await bench.start('w');
    await bench.complete(await bench.poll(), [], sticky('cache'));
    await bench.signal('w', 's');
    await pause();
    expect((await bench.types('w')).slice(4)).toEqual([
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
      'WorkflowTaskTimedOut',
      'WorkflowExecutionPaused',
    ]);
    await resume();
    expect((await bench.poll()).taskToken?.length).toBeGreaterThan(0);
  });

  it('forgets a task that was for an update alone; the update goes with the next one', async () => {
    await bench.start('w');
    await bench.complete(await bench.poll());
    const updated = bench.update('w', 'u', 2);
    await bench.settle();
    await pause();
    expect((await bench.types('w')).slice(4)).toEqual(['WorkflowExecutionPaused']);
    await resume();
    const task = await bench.poll();
    expect(task.messages?.map(({ protocolInstanceId }) => protocolInstanceId)).toEqual(['u']);
    await bench.terminate('w');
    await expect(updated).rejects.toMatchObject({ code: 5 });
  });

  it('starts a retry of a task anew when it goes on', async () => {
    await bench.start('w');
    const { taskToken } = await bench.poll();
    await bench.service.respondWorkflowTaskFailed({ taskToken: taskToken ?? null, cause: 1 });
    await pause();
    expect((await bench.types('w')).slice(3)).toEqual(['WorkflowTaskFailed', 'WorkflowExecutionPaused']);
    await resume();
    expect(await bench.poll()).toMatchObject({ attempt: 1 });
  });

  it('is not asked for another task at once, and gives no activity with an answer', async () => {
    await bench.start('w');
    const task = await bench.poll();
    await pause();
    await expect(bench.complete(task, [], { forceCreateNewWorkflowTask: true })).rejects.toMatchObject({ code: 9 });
    const eager = commands.activity('a', { requestEagerExecution: true });
    const { activityTasks, workflowTask } = await bench.complete(task, [eager], { returnNewWorkflowTask: true });
    expect([activityTasks, workflowTask]).toEqual([[], undefined]);
    const polled = bench.pollActivity();
    await bench.settle();
    await resume();
    expect((await polled).activityId).toBe('a');
  });

  it('gives its activities when it goes on, also where its pause is heard of late', async () => {
    const runId = await bench.start('w');
    await bench.complete(await bench.poll(), [commands.activity('a')]);
    await pause();
    const paused = await bench.store.load({ namespace: 'default', workflowId: 'w', runId });
    await resume();
    if (paused) bench.frontend.changed(paused.record);
    expect((await bench.pollActivity()).activityId).toBe('a');
  });

  it('is paused and resumed once by a request that is made again', async () => {
    await bench.start('w');
    const { service } = bench;
    await service.pauseWorkflowExecution({ ...w, requestId: 'a' });
    await service.pauseWorkflowExecution({ ...w, requestId: 'a' });
    await service.unpauseWorkflowExecution({ ...w, requestId: 'a' });
    await service.unpauseWorkflowExecution({ ...w, requestId: 'a' });
    await bench.restart();
    // Somebody else has had the run paused since.
    await bench.service.pauseWorkflowExecution({ ...w, requestId: 'b' });
    await bench.service.unpauseWorkflowExecution({ ...w, requestId: 'a' });
    await bench.service.pauseWorkflowExecution({ ...w, requestId: 'a' });
    expect((await bench.types('w')).filter((type) => type.includes('aused'))).toEqual([
      'WorkflowExecutionPaused',
      'WorkflowExecutionUnpaused',
      'WorkflowExecutionPaused',
    ]);
    await bench.service.unpauseWorkflowExecution({ ...w, requestId: 'b' });
    await expect(bench.service.unpauseWorkflowExecution({ ...w, requestId: 'c' })).rejects.toMatchObject({ code: 9 });
  });

  it('stays paused when another process takes over', async () => {
    await bench.start('w');
    await bench.complete(await bench.poll(), [commands.activity('a'), commands.timer('t', 5000)]);
    await pause();
    await bench.restart();
    const polled = bench.pollActivity();
    bench.clock.advance(5000);
    await bench.settle();
    expect((await bench.types('w')).slice(-2)).toEqual(['WorkflowExecutionPaused', 'TimerFired']);
    await resume();
    expect((await polled).activityId).toBe('a');
    expect((await bench.poll(taskQueue)).taskToken?.length).toBeGreaterThan(0);
  });
});

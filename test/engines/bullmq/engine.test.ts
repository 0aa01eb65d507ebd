import { WithStartWorkflowOperation } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { eachScene } from './each-scene.ts';
import { add, ends, finish, sleeps, state, waits, works } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 180_000;
let scene: Scene;

describe.skipIf(redisUrl === undefined)('processes on one Redis', { timeout: TIMEOUT }, () => {
  eachScene({ timeout: TIMEOUT, isQuiet: true }, (made) => {
    scene = made;
  });

  test('one asks, another works', async () => {
    const [web, worker] = await Promise.all([scene.engine(), scene.engine()]);
    await scene.work(worker);
    const { taskQueue } = scene;
    const handle = await web.client.workflow.start(waits, { taskQueue, workflowId: 'w' });
    expect(await handle.query(state)).toBe('waiting, sum 0');
    expect(await handle.executeUpdate(add, { args: [3] })).toBe(3);
    expect(await handle.query(state)).toBe('waiting, sum 3');
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 3');
    // Nobody has it any more: a worker takes the question as a job.
    expect(await handle.query(state)).toBe('waiting, sum 3');
  });

  test('a run with nothing to do is put aside, and comes back for whatever happens', async () => {
    const [web, worker] = await Promise.all([scene.engine(), scene.engine()]);
    await scene.work(worker);
    const queue = scene.queue();
    const { taskQueue } = scene;
    const handle = await web.client.workflow.start(waits, { taskQueue, workflowId: 'w' });
    const { firstExecutionRunId: runId } = handle;
    await scene.untilJob(queue, runId, 'delayed');
    expect(await handle.executeUpdate(add, { args: [2] })).toBe(2);
    await scene.untilJob(queue, runId, 'delayed');
    expect(await handle.query(state)).toBe('waiting, sum 2');
    await scene.untilJob(queue, runId, 'delayed');
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 2');
    await scene.untilJob(queue, runId, 'unknown');
    const sleeping = await web.client.workflow.start(sleeps, { taskQueue, workflowId: 's', args: [1500] });
    await scene.untilJob(queue, sleeping.firstExecutionRunId, 'delayed');
    expect(await sleeping.result()).toBe('slept');
  });

  test('when a worker leaves, another goes on with its runs', async () => {
    const [web, first, second] = await Promise.all([scene.engine(), scene.engine(), scene.engine()]);
    const leave = await scene.work(first);
    const { taskQueue } = scene;
    const start = { taskQueue, workflowId: 'w' };
    const handle = await web.client.workflow.start(waits, start);
    expect(await handle.executeUpdate(add, { args: [1] })).toBe(1);
    await leave();
    await scene.work(second);
    expect(await handle.executeUpdate(add, { args: [4] })).toBe(5);
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 5');
  });

  test('activities go where there is a worker for them', async () => {
    const [web, workflows, activities] = await Promise.all([scene.engine(), scene.engine(), scene.engine()]);
    const { taskQueue } = scene;
    await scene.work(workflows);
    await scene.workActivities(activities, taskQueue, { work: async () => 'by another process' });
    await scene.workActivities(activities, 'other', { work: async () => 'on another queue' });
    const start = (id: string, ...args: [] | [string]): Promise<string> =>
      web.client.workflow.execute(works, { taskQueue, workflowId: id, args });
    expect(await start('a')).toBe('by another process');
    expect(await start('b', 'other')).toBe('on another queue');
  });

  test('an update that comes with a start is in time for a workflow that ends with its first task', async () => {
    const [web, worker] = await Promise.all([scene.engine(), scene.engine()]);
    await scene.work(worker);
    const updates = Array.from({ length: 20 }, (_, index) => {
      const start = { taskQueue: scene.taskQueue, workflowId: `w${index}`, workflowIdConflictPolicy: 'FAIL' as const };
      const startWorkflowOperation = new WithStartWorkflowOperation(ends, start);
      return web.client.workflow.executeUpdateWithStart(add, { startWorkflowOperation, args: [index] });
    });
    expect(await Promise.all(updates)).toEqual(updates.map((_, index) => index));
  });

  test('all processes have the same secret', async () => {
    const [one, other] = await Promise.all([scene.engine(), scene.engine()]);
    expect(one.secret?.()).toMatch(/^[\w-]{43}$/);
    expect(other.secret?.()).toBe(one.secret?.());
  });
});

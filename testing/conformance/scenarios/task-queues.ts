import assert from 'node:assert/strict';
import { activityInfo } from '@temporalio/activity';
import proto from '@temporalio/proto';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { callAll, callOne } from '../workflows/activities.ts';
import { echo, nothing } from '../workflows/basics.ts';
import { callChild } from '../workflows/children.ts';
import { localEach } from '../workflows/local-activities.ts';
import { add, collect, finish } from '../workflows/messages.ts';

const { TaskQueueType } = proto.temporal.api.enums.v1;
type Described = proto.temporal.api.workflowservice.v1.IDescribeTaskQueueResponse;
type Describe = proto.temporal.api.workflowservice.v1.IDescribeTaskQueueRequest;

const activities = 'TASK_QUEUE_TYPE_ACTIVITY';
const workflows = 'TASK_QUEUE_TYPE_WORKFLOW';
const noWorkflows = { workflowBundle: undefined as never };
const retry = { initialInterval: '50ms', backoffCoefficient: 1 } as const;
const queueOf = async (): Promise<string> => activityInfo().taskQueue;

async function describe(t: ScenarioContext, type: keyof typeof TaskQueueType, more: Describe = {}): Promise<Described> {
  const taskQueueType = TaskQueueType[type];
  return await t.raw.describeTaskQueue({
    namespace: t.namespace,
    taskQueue: { name: t.taskQueue },
    taskQueueType,
    ...more,
  });
}

/** Which worker takes what: queues, kinds of tasks, and what becomes of tasks whose worker is gone or lacks their type. */
export const taskQueues: readonly Scenario[] = topic('task-queues', [
  scenario(
    'activities are routed to the workers of the queues that they name',
    async (t) => {
      const [left, right] = [`${t.taskQueue}-left`, `${t.taskQueue}-right`];
      await t.startWorker({ activities: { queueOf } });
      await t.startWorker({ ...noWorkflows, taskQueue: left, activities: { queueOf } });
      await t.startWorker({ ...noWorkflows, taskQueue: right, activities: { queueOf } });
      const calls = [left, undefined, right, left].map((taskQueue) => ({
        type: 'queueOf',
        options: { startToCloseTimeout: '10s', ...(taskQueue ? { taskQueue } : {}) } as const,
      }));
      assert.deepEqual(await t.execute(callAll, { args: [calls] }), [left, t.taskQueue, right, left]);
    },
    { history: { compare: 'none', reason: 'how many results share a task depends on the time' } },
  ),
  scenario('workflow tasks and activity tasks of one name are different queues', async (t) => {
    await t.startWorker();
    await t.startWorker({ ...noWorkflows, activities: { queueOf } });
    const call = { type: 'queueOf', options: { startToCloseTimeout: '10s' } } as const;
    assert.deepEqual(await t.execute(callOne, { args: [call] }), { result: t.taskQueue });
  }),
  scenario(
    'an activity type that one worker lacks is tried again until one has it',
    async (t) => {
      const without = await t.startWorker({ activities: { queueOf } });
      const call = { type: 'other', options: { startToCloseTimeout: '20s', retry } } as const;
      const handle = await t.start(callOne, { args: [call] });
      await t.eventually(async () => {
        const pending = (await handle.describe()).raw.pendingActivities?.[0];
        assert.match(pending?.lastFailure?.message ?? '', /Activity function other is not registered on this Worker/);
        assert.equal(pending?.lastFailure?.applicationFailureInfo?.type, 'NotFoundError');
      });
      await without.stop();
      await t.startWorker({ activities: { other: async () => 'found' } });
      assert.deepEqual(await handle.result(), { result: 'found' });
    },
    { history: { compare: 'none', reason: 'how often it was tried depends on the time' } },
  ),
  scenario('a child runs on the queue that it names', async (t) => {
    const taskQueue = `${t.taskQueue}-child`;
    await t.startWorker();
    const options = { taskQueue, workflowId: t.workflowId('child') };
    const handle = await t.start(callChild, { args: [{ type: 'echo', args: ['there'], options }] });
    await t.waitForEvent(handle, 'StartChildWorkflowExecutionInitiated');
    await t.startWorker({ taskQueue });
    assert.deepEqual(await handle.result(), { result: ['there'] });
  }),
  scenario('local activities run on the worker of the workflow', async (t) => {
    await t.startWorker({ activities: { queueOf } });
    assert.deepEqual(await t.execute(localEach, { args: [[{ type: 'queueOf' }]] }), [{ result: t.taskQueue }]);
  }),
  scenario('a run goes on elsewhere when the worker that had it in memory is gone', async (t) => {
    const first = await t.startWorker();
    const handle = await t.start(collect);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(add, 1);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    await first.stop();
    await t.startWorker();
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), [1]);
  }),
  scenario(
    'the sticky queue of a worker that is gone gives its task back',
    async (t) => {
      const first = await t.startWorker({ stickyQueueScheduleToStartTimeout: '1s' });
      const handle = await t.start(collect);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      await first.stop();
      await handle.signal(finish);
      await t.startWorker();
      assert.deepEqual(await handle.result(), []);
    },
    {
      history: { compare: 'none', reason: 'a last poll of that worker may have taken the task, which times out then' },
    },
  ),
  scenario('forgotten by its worker, a run goes back to the ordinary queue', async (t) => {
    await t.startWorker();
    const handle = await t.start(collect);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const execution = { workflowId: handle.workflowId, runId: handle.firstExecutionRunId };
    await t.raw.resetStickyTaskQueue({ namespace: t.namespace, execution });
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), []);
  }),
  scenario('a description names those who poll, with what they may do', async (t) => {
    assert.deepEqual((await describe(t, activities)).pollers ?? [], []);
    const identity = `poller-${t.taskQueue}`;
    await t.startWorker({ activities: { queueOf }, identity, maxTaskQueueActivitiesPerSecond: 50 });
    await t.execute(nothing);
    const [poller] = await t.eventually(async () => {
      const { pollers } = await describe(t, activities);
      assert.equal(pollers?.length, 1);
      return pollers;
    });
    assert.equal(poller?.identity, identity);
    assert.equal(poller?.ratePerSecond, 50);
    assert.ok(Math.abs(Number(poller?.lastAccessTime?.seconds) * 1000 - Date.now()) < 60_000);
    const ofWorkflows = await t.eventually(async () => {
      const { pollers } = await describe(t, workflows);
      assert.equal(pollers?.length, 1);
      return pollers;
    });
    assert.equal(ofWorkflows[0]?.identity, identity);
  }),
  scenario('a description says how fast tasks are given out, and who said so', async (t) => {
    const before = await describe(t, activities);
    assert.equal(before.effectiveRateLimit?.rateLimitSource, 3 /* SYSTEM */);
    await t.startWorker({ activities: { queueOf }, maxTaskQueueActivitiesPerSecond: 7.5 });
    const call = { type: 'queueOf', options: { startToCloseTimeout: '10s' } } as const;
    await t.execute(callOne, { args: [call] });
    const { effectiveRateLimit } = await describe(t, activities);
    assert.equal(effectiveRateLimit?.requestsPerSecond, 7.5);
    assert.equal(effectiveRateLimit?.rateLimitSource, 2 /* WORKER */);
  }),
  scenario('a description counts what waits, and for how long, in all and by priority', async (t) => {
    const handles = [];
    for (const priorityKey of [1, 3, 3]) handles.push(await t.start(echo, { priority: { priorityKey } }));
    // Servers promise no more than that: in the end.
    await t.eventually(async () => {
      const { stats, statsByPriorityKey } = await describe(t, workflows, { reportStats: true });
      assert.equal(Number(stats?.approximateBacklogCount), 3);
      assert.ok(stats?.approximateBacklogAge);
      assert.equal(Number(statsByPriorityKey?.['1']?.approximateBacklogCount), 1);
      assert.equal(Number(statsByPriorityKey?.['3']?.approximateBacklogCount), 2);
    });
    assert.equal((await describe(t, workflows)).stats, null);
    await t.startWorker();
    await Promise.all(handles.map((handle) => handle.result()));
  }),
  scenario('a description without a name, or of another namespace, is refused', async (t) => {
    const nameless = await refusalOf(describe(t, workflows, { taskQueue: { name: '' } }));
    assert.deepEqual(nameless, { code: 'INVALID_ARGUMENT', details: 'missing task queue name' });
    assert.equal((await refusalOf(describe(t, workflows, { namespace: 'nowhere-at-all' }))).code, 'NOT_FOUND');
  }),
  scenario(
    'activities of a queue start no faster than its workers ask for',
    async (t) => {
      const started: number[] = [];
      const note = async (): Promise<void> => void started.push(performance.now());
      const rate = { activities: { note }, maxTaskQueueActivitiesPerSecond: 4 };
      await t.startWorker(rate);
      const call = { type: 'note', options: { startToCloseTimeout: '20s' } } as const;
      await t.execute(callAll, { args: [Array.from({ length: 12 }, () => call)] });
      assert.equal(started.length, 12);
      // A second's worth may come at once; the other eight take two seconds.
      const took = Math.max(...started) - Math.min(...started);
      assert.ok(took > 1500, `12 activities began within ${took} ms`);
    },
    { history: { compare: 'none', reason: 'what starts when depends on the time' } },
  ),
]);

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { temporal } from '@temporalio/proto';
import { duration, payloads, plainService, refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { echo, nothing } from '../workflows/basics.ts';
import { waitForever } from '../workflows/messages.ts';

type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;
type StartResponse = temporal.api.workflowservice.v1.IStartWorkflowExecutionResponse;
type Task = temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse;

const start = (t: ScenarioContext, more: StartRequest = {}): StartRequest => ({
  namespace: t.namespace,
  workflowId: t.workflowId(),
  workflowType: { name: 'nothing' },
  taskQueue: { name: t.taskQueue },
  identity: 'starter',
  requestId: randomUUID(),
  requestEagerExecution: true,
  ...more,
});

/** Starts a run by hand. */
async function started(t: ScenarioContext, request: StartRequest): Promise<StartResponse> {
  const response = await plainService(t).startWorkflowExecution(request);
  t.track(request.workflowId ?? '', response.runId);
  return response;
}

async function complete(t: ScenarioContext, task: Task): Promise<void> {
  const completeWorkflowExecutionCommandAttributes = { result: payloads('by hand') };
  await t.raw.respondWorkflowTaskCompleted({
    namespace: t.namespace,
    taskToken: task.taskToken ?? new Uint8Array(),
    identity: 'starter',
    commands: [{ commandType: 4 /* COMPLETE_WORKFLOW_EXECUTION */, completeWorkflowExecutionCommandAttributes }],
  });
}

const answeredByHand = { noReplay: { reason: 'what is answered by hand, or not at all, has no workflow code' } };

/** Calls by hand are made without the worker of the process: what is asked for is what the server is asked. */
const byHand: readonly [string, (t: ScenarioContext) => Promise<void>][] = [
  [
    'an answer to an eager start has the first task, which completes the run',
    async (t) => {
      const request = start(t);
      const { eagerWorkflowTask: task } = await started(t, request);
      assert.ok(task);
      assert.equal(task.history?.events?.length, 3);
      assert.deepEqual([task.attempt, Number(task.startedEventId), Number(task.previousStartedEventId)], [1, 3, 0]);
      assert.equal(task.workflowExecution?.workflowId, request.workflowId);
      assert.equal(task.workflowType?.name, 'nothing');
      await complete(t, task);
      assert.equal(await t.client.workflow.getHandle(request.workflowId ?? '').result(), 'by hand');
    },
  ],
  [
    'a start that is not eager has no task in its answer',
    async (t) => {
      const { eagerWorkflowTask } = await started(t, start(t, { requestEagerExecution: false }));
      assert.equal(eagerWorkflowTask, null);
    },
  ],
  [
    'a delayed start is not eager',
    async (t) => {
      const { eagerWorkflowTask } = await started(t, start(t, { workflowStartDelay: duration(60) }));
      assert.equal(eagerWorkflowTask, null);
    },
  ],
  [
    'the same eager start again gives the same task as long as it is out',
    async (t) => {
      const request = start(t);
      const first = await started(t, request);
      const second = await started(t, request);
      assert.equal(second.runId, first.runId);
      assert.equal(second.eagerWorkflowTask?.history?.events?.length, 3);
      await complete(t, second.eagerWorkflowTask ?? {});
      assert.equal((await refusalOf(complete(t, first.eagerWorkflowTask ?? {}))).code, 'NOT_FOUND');
    },
  ],
  [
    'the same eager start after its task was answered gives no task',
    async (t) => {
      await t.startWorker();
      const request = start(t, { workflowType: { name: 'waitForever' } });
      const { eagerWorkflowTask } = await started(t, request);
      await t.raw.respondWorkflowTaskCompleted({
        namespace: t.namespace,
        taskToken: eagerWorkflowTask?.taskToken ?? new Uint8Array(),
        identity: 'starter',
      });
      assert.equal((await started(t, request)).eagerWorkflowTask, null);
    },
  ],
  [
    'an eager start that finds the run running gives no task',
    async (t) => {
      const request = start(t);
      await started(t, request);
      const again = await started(t, { ...request, requestId: randomUUID(), workflowIdConflictPolicy: 2 });
      assert.equal(again.started, false);
      assert.equal(again.eagerWorkflowTask, null);
    },
  ],
  [
    'an eager start that terminates the run of before gives the task of the new one',
    async (t) => {
      const request = start(t);
      const before = await started(t, request);
      const after = await started(t, { ...request, requestId: randomUUID(), workflowIdConflictPolicy: 3 });
      assert.notEqual(after.runId, before.runId);
      assert.equal(after.eagerWorkflowTask?.workflowExecution?.runId, after.runId);
    },
  ],
  [
    'an eager task that nobody answers times out and goes to a worker',
    async (t) => {
      const request = start(t, { workflowTaskTimeout: duration(4) });
      await started(t, request);
      await t.startWorker();
      await t.client.workflow.getHandle(request.workflowId ?? '').result();
    },
  ],
  [
    'what happens while an eager task is out comes with the next task',
    async (t) => {
      const request = start(t, { workflowType: { name: 'collect' } });
      const { eagerWorkflowTask } = await started(t, request);
      const handle = t.client.workflow.getHandle(request.workflowId ?? '');
      await handle.signal('item', 'meanwhile');
      assert.deepEqual(await t.eventTypes(handle), [
        'WorkflowExecutionStarted',
        'WorkflowTaskScheduled',
        'WorkflowTaskStarted',
      ]);
      const completing = complete(t, eagerWorkflowTask ?? {});
      assert.match((await refusalOf(completing)).details, /UnhandledCommand/);
    },
  ],
];

/** First workflow tasks that come with the answer to the start, and starts that fall back to polling. */
export const eager: readonly Scenario[] = topic('eager', [
  ...byHand.map(([name, run]) => scenario(name, run, answeredByHand)),
  scenario('a worker of the same connection gets the first task with the start', async (t) => {
    await t.startWorker();
    const options = { taskQueue: t.taskQueue, workflowId: t.workflowId(), args: ['quick'], requestEagerStart: true };
    // A worker that has not polled yet has no room.
    await t.execute(nothing);
    const handle = await t.workerClient.workflow.start(echo, options);
    assert.equal(handle.eagerlyStarted, true);
    assert.deepEqual(await handle.result(), ['quick']);
    const [begun] = await t.history(handle);
    assert.equal(begun?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted, true);
  }),
  scenario('without a worker of the task queue, an eager start is an ordinary one', async (t) => {
    await t.startWorker();
    const taskQueue = `${t.taskQueue}-other`;
    const options = { taskQueue, workflowId: t.workflowId(), requestEagerStart: true };
    const handle = await t.workerClient.workflow.start(nothing, options);
    assert.equal(handle.eagerlyStarted, false);
    const [begun] = await t.history(handle);
    assert.ok(!begun?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted);
    await t.startWorker({ taskQueue });
    await handle.result();
  }),
  scenario('a worker that has shut down gets no eager task', async (t) => {
    const worker = await t.startWorker();
    await t.execute(nothing);
    await worker.stop();
    const options = { taskQueue: t.taskQueue, workflowId: t.workflowId(), requestEagerStart: true };
    const handle = await t.workerClient.workflow.start(nothing, options);
    assert.equal(handle.eagerlyStarted, false);
  }),
  scenario('a worker without workflows gets no eager task', async (t) => {
    const noActivity = async (): Promise<void> => undefined;
    await t.startWorker({ workflowBundle: undefined as never, activities: { noActivity } });
    const options = { taskQueue: t.taskQueue, workflowId: t.workflowId(), requestEagerStart: true };
    const handle = await t.workerClient.workflow.start(waitForever, options);
    assert.equal(handle.eagerlyStarted, false);
  }),
  scenario('an eager start goes on like any other: activities, signals, the end', async (t) => {
    const add = async (a: number, b: number): Promise<number> => a + b;
    await t.startWorker({ activities: { add } });
    await t.execute(nothing);
    const call = { type: 'add', args: [1, 2], options: { startToCloseTimeout: '10s' } };
    const options = { taskQueue: t.taskQueue, workflowId: t.workflowId(), args: [call], requestEagerStart: true };
    const handle = await t.workerClient.workflow.start('callOne', options);
    assert.equal(handle.eagerlyStarted, true);
    assert.deepEqual(await handle.result(), { result: 3 });
  }),
  scenario('update-with-start is never eager', async (t) => {
    const startWorkflow = start(t);
    const updateWorkflow = {
      namespace: t.namespace,
      workflowExecution: { workflowId: startWorkflow.workflowId ?? '' },
      waitPolicy: { lifecycleStage: 2 },
      request: { meta: { updateId: 'u' }, input: { name: 'any' } },
    };
    const refusal = await refusalOf(
      plainService(t).executeMultiOperation({
        namespace: t.namespace,
        operations: [{ startWorkflow }, { updateWorkflow }],
      }),
    );
    assert.equal(refusal.code, 'INVALID_ARGUMENT');
  }),
]);

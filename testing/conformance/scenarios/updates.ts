import assert from 'node:assert/strict';
import {
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateStage,
} from '@temporalio/client';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { answerTask, continueAsNew, failTask, takeTask } from '../tasks.ts';
import { count, deferred, errorOf, failureOf } from '../support.ts';
import { nothing } from '../workflows/basics.ts';
import { finish } from '../workflows/messages.ts';
import {
  callActivity,
  deposit,
  endBy,
  endWithoutUpdates,
  failUpdate,
  go,
  handleUpdatesLate,
  takeUpdates,
  waitForGo,
  whoAmI,
} from '../workflows/updates.ts';

const accepted = { waitForStage: WorkflowUpdateStage.ACCEPTED } as const;
const together = { history: { compare: 'none', reason: 'messages may share a task or not' } } as const;

/** Updates: validation, stages, ids, ends. */
export const updates: readonly Scenario[] = topic('updates', [
  scenario('an update changes the run and answers', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    assert.equal(await handle.executeUpdate(deposit, { args: [5], updateId: 'first' }), 5);
    assert.equal(await handle.executeUpdate(deposit, { args: [7], updateId: 'second' }), 12);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), [5, 7]);
  }),
  scenario('a rejected update leaves no trace', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const [error, cause] = await failureOf(handle.executeUpdate(deposit, { args: [-1], updateId: 'bad' }));
    assert.equal(error?.name, 'WorkflowUpdateFailedError');
    assert.equal(error?.message, 'Workflow Update failed');
    assert.deepEqual(cause, {
      name: 'ApplicationFailure',
      message: 'negative',
      type: 'Invalid',
      nonRetryable: false,
      details: [-1],
    });
    assert.equal((await t.history(handle)).length, 4);
    assert.equal(await handle.executeUpdate(deposit, { args: [1], updateId: 'good' }), 1);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), [1]);
  }),
  scenario('a rejected id may be used again', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const error = await errorOf(handle.executeUpdate(deposit, { args: [-1], updateId: 'same' }));
    assert.ok(error instanceof WorkflowUpdateFailedError);
    assert.equal(await handle.executeUpdate(deposit, { args: [1], updateId: 'same' }), 1);
  }),
  scenario('accepted first, completed later', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const update = await handle.startUpdate(waitForGo, { args: ['x'], updateId: 'mine', ...accepted });
    assert.equal(update.updateId, 'mine');
    assert.equal(update.workflowId, handle.workflowId);
    assert.equal(update.workflowRunId, handle.firstExecutionRunId);
    assert.ok((await t.eventTypes(handle)).includes('WorkflowExecutionUpdateAccepted'));
    const result = update.result();
    await handle.signal(go);
    assert.equal(await result, 'x');
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), ['begin x', 'end x']);
  }),
  scenario('the result can be had by the id, while open and after the end', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.startUpdate(waitForGo, { args: ['x'], updateId: 'mine', ...accepted });
    const again = t.client.workflow.getHandle(handle.workflowId).getUpdateHandle<string>('mine');
    await handle.signal(go);
    assert.equal(await again.result(), 'x');
    await handle.signal(finish);
    await handle.result();
    assert.equal(await handle.getUpdateHandle<string>('mine').result(), 'x');
    assert.deepEqual(await refusalOf(handle.getUpdateHandle('absent').result()), {
      code: 'NOT_FOUND',
      details: 'update "absent" not found',
    });
  }),
  scenario('an unknown update id of an open run is not found', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    assert.deepEqual(await refusalOf(handle.getUpdateHandle('absent').result()), {
      code: 'NOT_FOUND',
      details: 'update "absent" not found',
    });
  }),
  scenario('an update whose handler fails is completed with the failure, and the run goes on', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const [error, cause] = await failureOf(handle.executeUpdate(failUpdate, { args: ['no'], updateId: 'f' }));
    assert.equal(error?.name, 'WorkflowUpdateFailedError');
    assert.deepEqual(cause, {
      name: 'ApplicationFailure',
      message: 'no',
      type: 'Purpose',
      nonRetryable: true,
      details: [7],
    });
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), []);
    assert.ok((await t.eventTypes(handle)).includes('WorkflowExecutionUpdateCompleted'));
  }),
  scenario('the same id gives the same outcome and runs once', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    for (let i = 0; i < 3; i++) {
      assert.equal(await handle.executeUpdate(deposit, { args: [5], updateId: 'once' }), 5);
    }
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), [5]);
    assert.equal(await handle.executeUpdate(deposit, { args: [6], updateId: 'once' }), 5);
  }),
  scenario(
    'the same id sent twice at once runs once',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(takeUpdates);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      const twice = ['a', 'b'].map((value) => handle.executeUpdate(waitForGo, { args: [value], updateId: 'once' }));
      await t.waitForEvent(handle, 'WorkflowExecutionUpdateAccepted');
      await handle.signal(go);
      const [first, second] = await Promise.all(twice);
      assert.equal(first, second);
      await handle.signal(finish);
      assert.equal((await handle.result()).length, 2);
    },
    { history: { compare: 'none', reason: 'either of the two may be first' } },
  ),
  scenario('an update without a handler is rejected', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const [error, cause] = await failureOf(handle.executeUpdate('absent', { updateId: 'a' }));
    assert.equal(error?.name, 'WorkflowUpdateFailedError');
    assert.equal(cause?.['type'], 'Error');
    assert.match(cause?.message ?? '', /absent/);
    assert.equal((await t.history(handle)).length, 4);
  }),
  scenario('an update before the first task comes with it', async (t) => {
    const handle = await t.start(takeUpdates);
    const update = handle.executeUpdate(deposit, { args: [3], updateId: 'early' });
    await t.sleep(100);
    assert.equal((await t.history(handle)).length, 2);
    await t.startWorker();
    assert.equal(await update, 3);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), [3]);
  }),
  scenario(
    'updates at once are all done, in some order',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(takeUpdates);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      const totals = await Promise.all([1, 2, 3, 4, 5].map((n) => handle.executeUpdate(deposit, { args: [n] })));
      assert.equal(Math.max(...totals), 15);
      assert.equal(new Set(totals).size, 5);
      await handle.signal(finish);
      assert.deepEqual(
        ((await handle.result()) as number[]).toSorted((a, b) => a - b),
        [1, 2, 3, 4, 5],
      );
      assert.equal(count(await t.eventTypes(handle), 'WorkflowExecutionUpdateCompleted'), 5);
    },
    together,
  ),
  scenario('a handler may call an activity', async (t) => {
    await t.startWorker({ activities: { double: async (n: number) => n * 2 } });
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.executeUpdate(deposit, { args: [21], updateId: 'a' });
    assert.equal(await handle.executeUpdate(callActivity, { args: ['double'], updateId: 'b' }), 42);
    await handle.signal(finish);
    await handle.result();
  }),
  scenario('a handler may wait for an activity that comes late', async (t) => {
    const end = deferred<string>();
    await t.startWorker({ activities: { wait: () => end.promise } });
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const update = await handle.startUpdate(callActivity, { args: ['wait'], updateId: 'a', ...accepted });
    await handle.signal(finish);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 3);
    end.resolve('late');
    assert.equal(await update.result(), 'late');
    await handle.result();
  }),
  scenario('an update knows its id and name', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    assert.deepEqual(await handle.executeUpdate(whoAmI, { updateId: 'me' }), { id: 'me', name: 'whoAmI' });
  }),
  scenario('a closed run takes no update', async (t) => {
    await t.startWorker();
    const handle = await t.start(nothing);
    await handle.result();
    const update = (): Promise<unknown> => handle.executeUpdate(deposit, { args: [1] });
    assert.ok((await errorOf(update())) instanceof WorkflowNotFoundError);
    assert.deepEqual(await refusalOf(update().catch(() => rawUpdate(t, handle.workflowId))), {
      code: 'NOT_FOUND',
      details: 'workflow execution already completed',
    });
  }),
  scenario('an update may end the run, and is answered', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    assert.equal(await handle.executeUpdate(endBy, { args: ['bye'], updateId: 'end' }), 'bye');
    assert.deepEqual(await handle.result(), []);
    assert.equal(await handle.getUpdateHandle<string>('end').result(), 'bye');
  }),
  scenario('an accepted update of a run that ends fails', async (t) => {
    await t.startWorker();
    const handle = await t.start(endWithoutUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const update = await handle.startUpdate(waitForGo, { args: ['x'], updateId: 'left', ...accepted });
    const failure = failureOf(update.result());
    await handle.signal(finish);
    assert.equal(await handle.result(), 'ended');
    const [error, cause] = await failure;
    assert.equal(error?.name, 'WorkflowUpdateFailedError');
    assert.deepEqual(cause, {
      name: 'ApplicationFailure',
      message: 'Workflow Update failed because the Workflow completed before the Update completed.',
      type: 'AcceptedUpdateCompletedWorkflow',
      nonRetryable: true,
    });
    assert.deepEqual((await failureOf(handle.getUpdateHandle('left').result()))[1], cause);
  }),
  scenario('an accepted update of a run that is terminated fails', async (t) => {
    await t.startWorker();
    const handle = await t.start(endWithoutUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const update = await handle.startUpdate(waitForGo, { args: ['x'], updateId: 'left', ...accepted });
    const failure = failureOf(update.result());
    await handle.terminate();
    assert.equal((await failure)[1]?.['type'], 'AcceptedUpdateCompletedWorkflow');
  }),
  scenario('an update of a run that ends before it is accepted is not found', async (t) => {
    const handle = await t.start(takeUpdates);
    const refusal = refusalOf(handle.executeUpdate(deposit, { args: [1], updateId: 'lost' }));
    await t.sleep(100);
    await handle.terminate();
    assert.deepEqual(await refusal, { code: 'NOT_FOUND', details: 'workflow update was aborted by closing workflow' });
  }),
  scenario(
    'an update of a run that goes on as a new one before it is sent goes to that one',
    async (t) => {
      const handle = await t.start(takeUpdates);
      const task = await takeTask(t);
      const update = handle.executeUpdate(deposit, { args: [1], updateId: 'next' });
      await t.sleep(200);
      assert.equal(await answerTask(t, task, { commands: [continueAsNew(t, 'takeUpdates')] }), undefined);
      await t.startWorker();
      assert.equal(await update, 1);
    },
    { ...together, noReplay: { reason: 'no workflow has said so' } },
  ),
  scenario(
    'a run whose workflow tasks keep failing takes no update',
    async (t) => {
      const handle = await t.start(takeUpdates);
      for (let attempt = 1; attempt <= 2; attempt++) await failTask(t, await takeTask(t));
      assert.deepEqual(await refusalOf(handle.executeUpdate(deposit, { args: [1], updateId: 'vain' })), {
        code: 'FAILED_PRECONDITION',
        details: 'Unable to perform workflow execution update due to Workflow Task in failed state.',
      });
    },
    { noReplay: { reason: 'no workflow has said so' } },
  ),
  scenario(
    'an update reaches a worker that never saw the run',
    async (t) => {
      const first = await t.startWorker();
      const handle = await t.start(takeUpdates);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      await handle.executeUpdate(deposit, { args: [1], updateId: 'a' });
      await first.stop();
      await t.startWorker();
      assert.equal(await handle.executeUpdate(deposit, { args: [2], updateId: 'b' }), 3);
    },
    { history: { compare: 'none', reason: 'the task on the sticky queue may time out or not' } },
  ),
  scenario(
    'an accepted update survives its worker',
    async (t) => {
      const first = await t.startWorker();
      const handle = await t.start(takeUpdates);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      const update = await handle.startUpdate(waitForGo, { args: ['x'], updateId: 'a', ...accepted });
      await first.stop();
      await t.startWorker();
      await handle.signal(go);
      assert.equal(await update.result(), 'x');
    },
    { history: { compare: 'none', reason: 'the task on the sticky queue may time out or not' } },
  ),
  scenario('an update is rejected as long as it has no handler', async (t) => {
    await t.startWorker();
    const handle = await t.start(handleUpdatesLate);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    assert.ok((await errorOf(handle.executeUpdate(whoAmI, { updateId: 'a' }))) instanceof WorkflowUpdateFailedError);
    await handle.signal(finish);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    assert.equal(await handle.executeUpdate(whoAmI, { updateId: 'b' }), 'late');
  }),
  scenario('update with start starts the run and updates it', async (t) => {
    await t.startWorker();
    const startWorkflowOperation = new WithStartWorkflowOperation(takeUpdates, {
      workflowId: t.workflowId(),
      taskQueue: t.taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    const total = await t.client.workflow.executeUpdateWithStart(deposit, {
      args: [4],
      updateId: 'a',
      startWorkflowOperation,
    });
    assert.equal(total, 4);
    const handle = await startWorkflowOperation.workflowHandle();
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), [4]);
  }),
  scenario('update with start refuses what is wrong before it starts a run', async (t) => {
    const workflowId = t.workflowId();
    const { namespace, taskQueue } = t;
    const start = {
      namespace,
      workflowId,
      workflowType: { name: 'any' },
      taskQueue: { name: taskQueue },
      requestId: 'r',
    };
    const meta = { updateId: 'u' };
    const update = { namespace, workflowExecution: { workflowId }, request: { meta, input: { name: 'n' } } };
    const refused = { code: 'INVALID_ARGUMENT', details: 'Update-with-Start could not be executed.' };
    const pairs: readonly [object, object][] = [
      [{ cronSchedule: '* * * * *' }, {}],
      [{ workflowStartDelay: { seconds: 5 } }, {}],
      [{ requestEagerExecution: true }, {}],
      [{}, { workflowExecution: { workflowId: 'other' } }],
      [{}, { workflowExecution: {} }],
      [{}, { firstExecutionRunId: 'any' }],
      [{}, { request: { meta, input: {} } }],
      [{}, { request: { input: { name: 'n' } } }],
    ];
    for (const [ofStart, ofUpdate] of pairs) {
      const operations = [{ startWorkflow: { ...start, ...ofStart } }, { updateWorkflow: { ...update, ...ofUpdate } }];
      assert.deepEqual(await refusalOf(t.raw.executeMultiOperation({ namespace, operations })), refused);
    }
    for (const operations of [[], [{ startWorkflow: start }], [{ updateWorkflow: update }, { startWorkflow: start }]]) {
      assert.deepEqual(await refusalOf(t.raw.executeMultiOperation({ namespace, operations })), {
        code: 'INVALID_ARGUMENT',
        details: 'Operations have to be exactly [Start, Update].',
      });
    }
    assert.ok((await errorOf(t.client.workflow.getHandle(workflowId).describe())) instanceof WorkflowNotFoundError);
  }),
]);

async function rawUpdate(t: Parameters<Scenario['run']>[0], workflowId: string): Promise<unknown> {
  return await t.raw.updateWorkflowExecution({
    namespace: t.namespace,
    workflowExecution: { workflowId },
    waitPolicy: { lifecycleStage: 3 },
    request: { meta: { updateId: 'raw', identity: 'me' }, input: { name: 'deposit' } },
  });
}

import assert from 'node:assert/strict';
import { activityInfo } from '@temporalio/activity';
import type { ChildWorkflowOptions } from '@temporalio/workflow';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { failureOf } from '../support.ts';
import { cleanUpWhenCancelled, ignoreCancellation } from '../workflows/cancellation.ts';
import {
  callChild,
  callChildren,
  cancelChild,
  cancelChildAtOnce,
  cancelThatChild,
  failByChild,
  family2,
  priorities,
  signalChild,
  talkToChild,
} from '../workflows/children.ts';
import type { Child } from '../workflows/children.ts';
import { finish, waitForever } from '../workflows/messages.ts';
import type { WorkflowHandle } from '@temporalio/client';

const quick = {
  history: { compare: 'none', reason: 'a child that is quick may end while the parent is told of its start' },
} as const;
type Links = { failure: Record<string, unknown>[] };

/** The child, once the parent has taken notice of its start and its own first task is done. */
async function settled(t: ScenarioContext, parent: WorkflowHandle, childId: string): Promise<WorkflowHandle> {
  await t.waitForEvent(parent, 'WorkflowTaskCompleted', 2);
  await t.waitForEvent({ workflowId: childId }, 'WorkflowTaskCompleted');
  return t.client.workflow.getHandle(childId);
}

/** Cancels the child of a parent by its scope, both being at rest before. */
async function cancelByScope(
  t: ScenarioContext,
  type: string,
  cancellationType: NonNullable<ChildWorkflowOptions['cancellationType']>,
  ...args: unknown[]
): Promise<{ parent: WorkflowHandle; child: WorkflowHandle }> {
  await t.startWorker();
  const workflowId = t.workflowId('child');
  const parent = await t.start(cancelThatChild, {
    args: [{ type, args, options: { workflowId, cancellationType } }],
  });
  const child = await settled(t, parent, workflowId);
  await parent.signal(cancelChild);
  return { parent, child };
}

/** Children as their parents see them. */
export const children: readonly Scenario[] = topic('children', [
  scenario(
    'priorities are inherited',
    async (t) => {
      await t.startWorker({ activities: { tellPriority: async () => activityInfo().priority?.priorityKey } });
      const priority = { priorityKey: 2 };
      assert.deepEqual(await t.execute(priorities, { priority }), [2, 2, 2, 2, 5, 5]);
      const none = await t.execute(priorities, {});
      assert.deepEqual(none.slice(-2), [5, 5]);
    },
    quick,
  ),
  scenario('a child returns its result', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const parent = await t.start(callChild, { args: [{ type: 'collect', args: [1, 'two'], options: { workflowId } }] });
    const child = await settled(t, parent, workflowId);
    await child.signal(finish);
    assert.deepEqual(await parent.result(), { result: [1, 'two'] });
    assert.deepEqual(await child.result(), [1, 'two']);
  }),
  scenario(
    'a child has an id of its own by default',
    async (t) => {
      await t.startWorker();
      assert.deepEqual(await t.execute(callChild, { args: [{ type: 'identity', args: [5] }] }), { result: 5 });
    },
    quick,
  ),
  scenario('a child gets signals of its parent', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const parent = await t.start(talkToChild, { args: [{ type: 'collect', options: { workflowId } }] });
    await settled(t, parent, workflowId);
    await parent.signal(signalChild, 'add', 'hello');
    await t.waitForEvent(parent, 'ExternalWorkflowExecutionSignaled');
    await t.waitForEvent(parent, 'WorkflowTaskCompleted', 4);
    await t.waitForEvent({ workflowId }, 'WorkflowTaskCompleted', 2);
    await t.client.workflow.getHandle(workflowId).signal(finish);
    assert.deepEqual(await parent.result(), { result: ['hello'], ids: [workflowId, 'string'], outcomes: ['sent'] });
  }),
  scenario(
    'three children at once keep their results apart',
    async (t) => {
      await t.startWorker();
      const list = [1, 2, 3].map((n): Child => ({ type: 'identity', args: [n] }));
      assert.deepEqual(await t.execute(callChildren, { args: [list] }), [{ result: 1 }, { result: 2 }, { result: 3 }]);
    },
    quick,
  ),
  scenario(
    'children know parent and root, grandchildren too',
    async (t) => {
      await t.startWorker();
      const ids = ['top', 'middle', 'low'].map((name) => t.workflowId(name));
      const [top = '', middle = '', low = ''] = ids;
      const child: Child = { type: family2.name, args: [low], options: { workflowId: middle, memo: { of: 'child' } } };
      const { result } = (await t.execute(callChild, { workflowId: top, args: [child] })) as { result: unknown };
      assert.deepEqual(result, [
        { parent: top, root: top, memo: { of: 'child' }, workflowId: middle },
        { parent: middle, root: top, memo: { of: 'grandchild' }, workflowId: low },
      ]);
      const description = await t.client.workflow.getHandle(low).describe();
      assert.equal(description.parentExecution?.workflowId, middle);
      assert.equal(description.rootExecution?.workflowId, top);
      assert.deepEqual(description.memo, { of: 'grandchild' });
    },
    quick,
  ),
  scenario(
    'a failed child fails the call with its failure as cause',
    async (t) => {
      await t.startWorker();
      const links = [{ message: 'in child', type: 'Child', details: [1], nonRetryable: true }];
      const { failure } = (await t.execute(callChild, { args: [{ type: 'failWith', args: [links] }] })) as Links;
      assert.deepEqual(failure, [
        {
          name: 'ChildWorkflowFailure',
          message: 'Child Workflow execution failed',
          workflowType: 'failWith',
          retryState: 'RETRY_POLICY_NOT_SET',
        },
        { name: 'ApplicationFailure', message: 'in child', type: 'Child', details: [1], nonRetryable: true },
      ]);
    },
    quick,
  ),
  scenario(
    'a failure of a child that nobody catches fails the parent',
    async (t) => {
      await t.startWorker();
      const child = { type: 'failWith', args: [[{ message: 'in child', type: 'Child' }]] };
      const failure = await failureOf(t.execute(failByChild, { args: [child] }));
      assert.deepEqual(
        failure.map(({ name }) => name),
        ['WorkflowFailedError', 'ChildWorkflowFailure', 'ApplicationFailure'],
      );
    },
    quick,
  ),
  scenario('a terminated child fails the call', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const parent = await t.start(callChild, { args: [{ type: 'waitForever', options: { workflowId } }] });
    const child = await settled(t, parent, workflowId);
    await child.terminate('enough');
    const { failure } = (await parent.result()) as Links;
    assert.deepEqual(failure, [
      {
        name: 'ChildWorkflowFailure',
        message: 'Child Workflow execution failed',
        workflowType: 'waitForever',
        retryState: 'NON_RETRYABLE_FAILURE',
      },
      { name: 'TerminatedFailure', message: 'Terminated' },
    ]);
  }),
  scenario('a child that times out fails the call', async (t) => {
    await t.startWorker();
    const options = {
      workflowId: t.workflowId('child'),
      workflowRunTimeout: '1s',
      taskQueue: `${t.taskQueue}-nobody`,
    } as const;
    const { failure } = (await t.execute(callChild, { args: [{ type: 'waitForever', options }] })) as Links;
    assert.equal(failure[0]?.['retryState'], 'RETRY_POLICY_NOT_SET');
    assert.deepEqual(failure[1], { name: 'TimeoutFailure', message: 'Timed out', timeoutType: 'START_TO_CLOSE' });
  }),
  scenario('a child that is cancelled by somebody else fails the call', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const parent = await t.start(callChild, { args: [{ type: 'waitForever', options: { workflowId } }] });
    const child = await settled(t, parent, workflowId);
    await child.cancel();
    const { failure } = (await parent.result()) as Links;
    assert.deepEqual(
      failure.map(({ name }) => name),
      ['ChildWorkflowFailure', 'CancelledFailure'],
    );
    assert.equal(failure[0]?.['retryState'], 'NON_RETRYABLE_FAILURE');
  }),
  scenario('an id that is taken fails the start', async (t) => {
    const workflowId = t.workflowId('taken');
    await t.start(waitForever, { workflowId, taskQueue: `${t.taskQueue}-nobody` });
    await t.startWorker();
    const result = await t.execute(callChild, { args: [{ type: 'identity', options: { workflowId } }] });
    assert.deepEqual((result as Links).failure, [
      {
        name: 'WorkflowExecutionAlreadyStartedError',
        message: 'Workflow execution already started',
        workflowType: 'identity',
      },
    ]);
  }),
  scenario('an id that was used before can be refused', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('used');
    await t.execute('nothing', { workflowId });
    const options = { workflowId, workflowIdReusePolicy: 'REJECT_DUPLICATE' } as const;
    const result = await t.execute(callChild, { args: [{ type: 'identity', options }] });
    assert.equal((result as Links).failure[0]?.['name'], 'WorkflowExecutionAlreadyStartedError');
  }),
  scenario('a child that continues as new is one child', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const parent = await t.start(callChild, {
      args: [{ type: 'continueAtFinish', args: [2], options: { workflowId } }],
    });
    const child = await settled(t, parent, workflowId);
    const runs = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await t.eventually(async () => !runs.has((await child.describe()).runId));
      runs.add((await child.describe()).runId);
      await t.waitForEvent(child, 'WorkflowTaskCompleted');
      await child.signal(finish);
    }
    assert.deepEqual(await parent.result(), { result: 'last' });
    assert.equal(runs.size, 3);
    const [completed] = (await t.history(parent)).filter(
      (event) => event.childWorkflowExecutionCompletedEventAttributes,
    );
    const execution = completed?.childWorkflowExecutionCompletedEventAttributes?.workflowExecution;
    assert.equal(execution?.runId, [...runs].at(-1));
  }),
  scenario(
    'a child with a retry policy is one child',
    async (t) => {
      await t.startWorker();
      const retry = { initialInterval: '10ms', backoffCoefficient: 1, maximumAttempts: 3 } as const;
      const child: Child = { type: 'succeedAtAttempt', args: [2], options: { retry } };
      assert.deepEqual(await t.execute(callChild, { args: [child] }), { result: 2 });
    },
    quick,
  ),
  scenario('a child without a worker is pending', async (t) => {
    await t.startWorker();
    const options = { workflowId: t.workflowId('child'), taskQueue: `${t.taskQueue}-nobody`, memo: { a: 1 } };
    const parent = await t.start(callChild, { args: [{ type: 'waitForever', args: [1], options }] });
    await t.waitForEvent(parent, 'WorkflowTaskCompleted', 2);
    const { pendingChildren } = (await parent.describe()).raw;
    assert.equal(pendingChildren?.length, 1);
    assert.equal(pendingChildren?.[0]?.workflowId, options.workflowId);
    assert.equal(pendingChildren?.[0]?.workflowTypeName, 'waitForever');
    assert.equal(Number(pendingChildren?.[0]?.initiatedId), 5);
    assert.equal(pendingChildren?.[0]?.parentClosePolicy, 1 /* TERMINATE */);
    const [first] = await t.history({ workflowId: options.workflowId });
    const attributes = first?.workflowExecutionStartedEventAttributes;
    assert.equal(Buffer.from(attributes?.input?.payloads?.[0]?.data ?? []).toString(), '1');
    assert.equal(Buffer.from(attributes?.memo?.fields?.['a']?.data ?? []).toString(), '1');
  }),
  scenario(
    'cancellation WAIT_CANCELLATION_COMPLETED: the call ends when the child has cleaned up',
    async (t) => {
      const { parent, child } = await cancelByScope(
        t,
        cleanUpWhenCancelled.name,
        'WAIT_CANCELLATION_COMPLETED',
        'rethrow',
      );
      const { failure } = (await parent.result()) as Links;
      assert.deepEqual(
        failure.map(({ name }) => name),
        ['ChildWorkflowFailure', 'CancelledFailure'],
      );
      assert.equal((await child.describe()).status.name, 'CANCELLED');
    },
    { history: { compare: 'none', reason: 'the child may end before the parent is told of the request' } },
  ),
  scenario(
    'cancellation WAIT_CANCELLATION_COMPLETED: a child that completes anyway gives its result',
    async (t) => {
      const { parent } = await cancelByScope(t, cleanUpWhenCancelled.name, 'WAIT_CANCELLATION_COMPLETED', 'return');
      assert.deepEqual(await parent.result(), { result: 'cleaned', finished: false });
    },
    { history: { compare: 'none', reason: 'the child may end before the parent is told of the request' } },
  ),
  scenario(
    'cancellation TRY_CANCEL: the call ends at once, the request is on its way',
    async (t) => {
      const { parent, child } = await cancelByScope(t, ignoreCancellation.name, 'TRY_CANCEL');
      const { failure } = (await parent.result()) as Links;
      assert.deepEqual(
        failure.map(({ name }) => name),
        ['ChildWorkflowFailure', 'CancelledFailure'],
      );
      await t.eventually(async () => ['TERMINATED'].includes((await child.describe()).status.name));
    },
    { history: { compare: 'none', reason: 'the child may be terminated before the request reaches it' } },
  ),
  scenario('cancellation WAIT_CANCELLATION_REQUESTED waits for the child, too', async (t) => {
    const { parent, child } = await cancelByScope(t, ignoreCancellation.name, 'WAIT_CANCELLATION_REQUESTED');
    await t.waitForEvent(parent, 'ExternalWorkflowExecutionCancelRequested');
    await t.waitForEvent(parent, 'WorkflowTaskCompleted', 4);
    await t.waitForEvent(child, 'WorkflowTaskCompleted', 2);
    assert.equal((await parent.describe()).status.name, 'RUNNING');
    await child.signal(finish);
    assert.deepEqual(await parent.result(), { result: true, finished: false });
  }),
  scenario('cancellation ABANDON: the call ends at once, the child hears nothing', async (t) => {
    const { parent, child } = await cancelByScope(t, ignoreCancellation.name, 'ABANDON');
    const { failure } = (await parent.result()) as Links;
    assert.deepEqual(
      failure.map(({ name }) => name),
      ['ChildWorkflowFailure', 'CancelledFailure'],
    );
    assert.ok(!(await t.eventTypes(parent)).includes('RequestCancelExternalWorkflowExecutionInitiated'));
    await t.eventually(async () => (await child.describe()).status.name === 'TERMINATED');
  }),
  scenario('a child that is cancelled in the task that starts it is not started', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const result = await t.execute(cancelChildAtOnce, { args: [{ type: 'identity', options: { workflowId } }] });
    assert.deepEqual((result as Links).failure, [
      {
        name: 'ChildWorkflowFailure',
        message: 'Child Workflow execution failed',
        workflowType: 'identity',
        retryState: 'NON_RETRYABLE_FAILURE',
      },
      { name: 'CancelledFailure', message: '' },
    ]);
  }),
]);

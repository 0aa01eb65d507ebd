import assert from 'node:assert/strict';
import { payloads, refusalOf, signalByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { count, deferred, errorOf, failureOf, gates } from '../support.ts';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import { nothing } from '../workflows/basics.ts';
import {
  add,
  collect,
  conditionWithTimeout,
  finish,
  handleAny,
  handleBadly,
  handleLate,
  handleSlowly,
  list,
  waitForever,
} from '../workflows/messages.ts';
import { collectAroundActivity, holdThenCollect } from '../workflows/signals.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

async function signalWithStart(
  t: ScenarioContext,
  workflowId: string,
  value: unknown,
  ...args: unknown[]
): Promise<WorkflowHandleWithSignaledRunId<typeof collect>> {
  return await t.client.workflow.signalWithStart(collect, {
    workflowId,
    taskQueue: t.taskQueue,
    signal: add,
    signalArgs: [value],
    args,
  });
}

/** Delivery, order, buffering and handlers of signals. */
export const signals: readonly Scenario[] = topic('signals', [
  scenario('signals before the first task arrive with it, in order', async (t) => {
    const handle = await t.start(collect);
    for (const i of range(3)) await handle.signal(add, i);
    await handle.signal(finish);
    const types = await t.eventTypes(handle);
    assert.deepEqual(types, [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      ...range(4).map(() => 'WorkflowExecutionSignaled'),
    ]);
    await t.startWorker();
    assert.deepEqual(await handle.result(), [0, 1, 2]);
    assert.equal(count(await t.eventTypes(handle), 'WorkflowTaskStarted'), 1);
  }),
  scenario(
    'two hundred signals sent at once arrive once each, in the order of history',
    async (t) => {
      const handle = await t.start(collect);
      await Promise.all(range(200).map((i) => handle.signal(add, i)));
      await handle.signal(finish);
      await t.startWorker();
      const values = (await handle.result()) as number[];
      assert.deepEqual(
        values.toSorted((a, b) => a - b),
        range(200),
      );
      const inputs = (await t.history(handle)).flatMap(
        (event) =>
          event.workflowExecutionSignaledEventAttributes?.input?.payloads?.map((payload) =>
            Number(Buffer.from(payload.data ?? []).toString()),
          ) ?? [],
      );
      assert.deepEqual(values, inputs);
    },
    { history: { compare: 'none', reason: 'signals sent at once have no order' } },
  ),
  scenario(
    'signals sent while the run is at work arrive in order',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(collect);
      for (const i of range(30)) await handle.signal(add, i);
      await handle.signal(finish);
      assert.deepEqual(await handle.result(), range(30));
    },
    { history: { compare: 'none', reason: 'how many signals share a task is a matter of time' } },
  ),
  scenario('signal with start starts a run that has the signal', async (t) => {
    await t.startWorker();
    const handle = await signalWithStart(t, t.workflowId(), 'signal', 'arg');
    assert.deepEqual(await t.eventually(() => handle.query(list)), ['arg', 'signal']);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), ['arg', 'signal']);
  }),
  scenario('signal with start signals the run that there is', async (t) => {
    const workflowId = t.workflowId();
    const first = await t.start(collect, { workflowId, args: ['first'] });
    const second = await signalWithStart(t, workflowId, 'signal', 'second');
    assert.equal(second.signaledRunId, first.firstExecutionRunId);
    await second.signal(finish);
    await t.startWorker();
    assert.deepEqual(await first.result(), ['first', 'signal']);
  }),
  scenario('signal with start starts anew after the end', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    const first = await t.start(nothing, { workflowId });
    await first.result();
    const second = await signalWithStart(t, workflowId, 'x');
    assert.notEqual(second.signaledRunId, first.firstExecutionRunId);
    await t.waitForEvent(second, 'WorkflowTaskCompleted');
    await second.signal(finish);
    assert.deepEqual(await second.result(), ['x']);
  }),
  scenario('signal with start heeds the reuse policy', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    const first = await t.start(nothing, { workflowId });
    await first.result();
    const again = t.client.workflow.signalWithStart('collect', {
      workflowId,
      taskQueue: t.taskQueue,
      signal: 'add',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    assert.equal(((await errorOf(again)) as Error).name, 'WorkflowExecutionAlreadyStartedError');
  }),
  scenario('a closed run takes no signal', async (t) => {
    await t.startWorker();
    const handle = await t.start(nothing);
    await handle.result();
    assert.ok((await errorOf(handle.signal(add, 1))) instanceof WorkflowNotFoundError);
    assert.deepEqual(await refusalOf(signalByHand(t, handle.workflowId, { signalName: 'add' })), {
      code: 'NOT_FOUND',
      details: 'workflow execution already completed',
    });
  }),
  scenario('an unknown workflow takes no signal', async (t) => {
    const workflowId = t.workflowId('absent');
    assert.deepEqual(await refusalOf(signalByHand(t, workflowId, { signalName: 'add' })), {
      code: 'NOT_FOUND',
      details: `workflow not found for ID: ${workflowId}`,
    });
    const runId = '01a1fce9-06dc-7995-af4c-ed5528dbf24e';
    const handle = await t.start(waitForever);
    const refusal = await refusalOf(signalByHand(t, handle.workflowId, { signalName: 'add', runId }));
    assert.equal(refusal.code, 'NOT_FOUND');
    assert.equal(
      refusal.details,
      `workflow execution not found for workflow ID "${handle.workflowId}" and run ID "${runId}"`,
    );
  }),
  scenario('a signal without a name is refused', async (t) => {
    const { workflowId } = await t.start(waitForever);
    const refused: Record<string, unknown> = {
      name: await refusalOf(signalByHand(t, workflowId, { signalName: '' })),
      id: await refusalOf(signalByHand(t, '', { signalName: 'a' })),
      run: await refusalOf(signalByHand(t, workflowId, { signalName: 'a', runId: 'no uuid' })),
      long: await refusalOf(signalByHand(t, workflowId, { signalName: 'x'.repeat(1_001) })),
    };
    const invalid = (details: string): unknown => ({ code: 'INVALID_ARGUMENT', details });
    assert.deepEqual(refused, {
      name: invalid('SignalName is not set on request.'),
      id: invalid('WorkflowId is not set on request.'),
      run: invalid('Invalid RunId.'),
      long: invalid('SignalName length exceeds limit.'),
    });
  }),
  scenario('a signal that is sent twice is there once', async (t) => {
    const { workflowId } = await t.start(collect);
    const signal = { signalName: 'add', input: payloads('once'), requestId: 'the same' };
    await signalByHand(t, workflowId, signal);
    await signalByHand(t, workflowId, signal);
    await signalByHand(t, workflowId, { signalName: 'add', input: payloads('twice') });
    assert.equal(count(await t.eventTypes({ workflowId }), 'WorkflowExecutionSignaled'), 2);
  }),
  scenario(
    'signals without a handler wait until there is one',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(handleLate);
      await handle.signal(add, 1);
      await handle.signal(add, 2);
      await handle.signal(finish);
      assert.deepEqual(await handle.result(), [1, 2]);
    },
    { history: { compare: 'none', reason: 'how many signals share a task is a matter of time' } },
  ),
  scenario('a signal that nobody handles is no harm', async (t) => {
    const handle = await t.start(nothing);
    await handle.signal('nobody', 1);
    await t.startWorker();
    assert.equal(await handle.result(), undefined);
  }),
  scenario('the default handler gets name and arguments', async (t) => {
    const handle = await t.start(handleAny);
    await handle.signal('one', 1, 'b');
    await handle.signal('two');
    await handle.signal(finish);
    await t.startWorker();
    assert.deepEqual(await handle.result(), [
      ['one', [1, 'b']],
      ['two', []],
    ]);
  }),
  scenario(
    'handlers that wait overlap',
    async (t) => {
      const handle = await t.start(handleSlowly);
      await handle.signal(add, 1);
      await handle.signal(add, 2);
      await t.startWorker();
      const values = (await handle.result()) as string[];
      assert.deepEqual(values.slice(0, 2), ['begin 1', 'begin 2']);
    },
    { history: { compare: 'none', reason: 'both timers may fire in one task or in two' } },
  ),
  scenario('a handler that throws fails the run', async (t) => {
    await t.startWorker();
    const handle = await t.start(handleBadly);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(add, 1);
    const [failure, cause] = await failureOf(handle.result());
    assert.equal(failure?.name, 'WorkflowFailedError');
    assert.equal(cause?.['type'], 'BadSignal');
  }),
  scenario('a signal while an activity runs is handled before its result', async (t) => {
    const running = deferred();
    const end = deferred<string>();
    await t.startWorker({ activities: { wait: () => (running.resolve(), end.promise) } });
    const handle = await t.start(collectAroundActivity);
    await running.promise;
    await handle.signal(add, 'during');
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    end.resolve('result');
    assert.deepEqual(await handle.result(), ['during', 'result']);
  }),
  scenario('signals and a result that come while a task is out: signals first', async (t) => {
    const gate = gates();
    const end = deferred<string>();
    const running = deferred();
    const ended = deferred();
    const wait = async (): Promise<string> => {
      running.resolve();
      return await end.promise.finally(() => ended.resolve());
    };
    await t.startWorker({ sinks: gate.sinks, activities: { wait } });
    const handle = await t.start(collectAroundActivity);
    await running.promise;
    await handle.signal(add, 'hold');
    await gate.reached('hold');
    end.resolve('result');
    await ended.promise;
    // The result is on its way; what is buffered shows only in the description.
    await t.eventually(async () => (await handle.describe()).raw.pendingActivities?.length === 0);
    await handle.signal(add, 'late');
    gate.open('hold');
    assert.deepEqual(await handle.result(), ['hold', 'late', 'result']);
    const types = await t.eventTypes(handle);
    assert.deepEqual(types.slice(-8, -4), [
      'WorkflowTaskCompleted',
      'ActivityTaskStarted',
      'WorkflowExecutionSignaled',
      'ActivityTaskCompleted',
    ]);
  }),
  scenario('a signal while the closing task is out: that task fails and the run goes on', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(holdThenCollect);
    await gate.reached('closing');
    await handle.signal(add, 'late');
    gate.open('closing');
    assert.deepEqual(await handle.result(), ['late']);
    const events = await t.history(handle);
    const failed = events.find((event) => event.workflowTaskFailedEventAttributes);
    assert.equal(failed?.workflowTaskFailedEventAttributes?.cause, 1 /* UNHANDLED_COMMAND */);
  }),
  scenario(
    'a query right after a signal sees it',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(collect);
      for (const i of range(5)) {
        await handle.signal(add, i);
        assert.deepEqual(await handle.query(list), range(i + 1));
      }
    },
    { history: { compare: 'none', reason: 'the first signals may share a task' } },
  ),
  scenario('a signal ends a wait before its timeout', async (t) => {
    const handle = await t.start(conditionWithTimeout, { args: [60_000] });
    await t.startWorker();
    await t.waitForEvent(handle, 'TimerStarted');
    await handle.signal(finish);
    assert.equal(await handle.result(), true);
    assert.ok((await t.eventTypes(handle)).includes('TimerCanceled'));
  }),
  scenario('a wait ends with its timeout when no signal comes', async (t) => {
    await t.startWorker();
    const handle = await t.start(conditionWithTimeout, { args: [50] });
    assert.equal(await handle.result(), false);
    assert.ok((await t.eventTypes(handle)).includes('TimerFired'));
  }),
  scenario('a signal to a run given by id and run id reaches that run only', async (t) => {
    const workflowId = t.workflowId();
    const first = await t.start(waitForever, { workflowId });
    await first.terminate();
    await t.start(waitForever, { workflowId });
    const old = t.client.workflow.getHandle(workflowId, first.firstExecutionRunId);
    assert.ok((await errorOf(old.signal(add, 1))) instanceof WorkflowNotFoundError);
    await t.client.workflow.getHandle(workflowId).signal(add, 1);
  }),
]);

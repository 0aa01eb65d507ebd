import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WorkflowContinuedAsNewError } from '@temporalio/client';
import { toMillis } from '../../../src/core/proto.ts';
import { payloads, refusalOf, signalByHand, startByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { HistoryEvent, Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf, failureOf } from '../support.ts';
import * as workflows from '../workflows/cron.ts';
import { waitForever } from '../workflows/messages.ts';

const everySecond = '@every 1s';
/** Far enough away, unless the suite runs over New Year. */
const yearly = '0 0 1 1 *';

interface Workflow {
  readonly workflowId: string;
}

/** Waits until so many runs of the workflow have begun; gives their ids, first to last. */
async function runsOf(t: ScenarioContext, { workflowId }: Workflow, first: string, count: number): Promise<string[]> {
  return await t.eventually(async () => {
    const ids = [first];
    for (let runId = first; runId !== '' && ids.length < count;) {
      runId = nextOf((await t.history({ workflowId }, runId)).at(-1)) ?? '';
      if (runId !== '') ids.push(runId);
    }
    assert.equal(ids.length, count);
    return ids;
  });
}

function nextOf(closing: HistoryEvent | undefined): string | null | undefined {
  const end =
    closing?.workflowExecutionCompletedEventAttributes ??
    closing?.workflowExecutionFailedEventAttributes ??
    closing?.workflowExecutionTimedOutEventAttributes ??
    closing?.workflowExecutionContinuedAsNewEventAttributes;
  return end?.newExecutionRunId;
}

async function status(t: ScenarioContext, { workflowId }: Workflow, runId?: string): Promise<string> {
  return (await t.client.workflow.getHandle(workflowId, runId).describe()).status.name;
}

async function waitsIn(t: ScenarioContext, handle: Workflow, runId: string | undefined): Promise<workflows.SeenBefore> {
  assert.ok(runId);
  await t.eventually(async () => (await t.eventTypes(handle, runId)).includes('WorkflowTaskCompleted'));
  return await t.client.workflow.getHandle(handle.workflowId, runId).query(workflows.seenBefore);
}

/** Workflows that are run again and again by a cron schedule. */
export const cron: readonly Scenario[] = topic('cron', [
  scenario('runs follow each other, and know the last result', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countRuns, { args: [3], cronSchedule: everySecond, memo: { note: 'kept' } });
    const runs = await runsOf(t, handle, handle.firstExecutionRunId, 3);
    const seen = await waitsIn(t, handle, runs[2]);
    assert.deepEqual(seen, { lastResult: 2, attempt: 1, cronSchedule: everySecond, hasInterval: true });
    const [started] = await t.history(handle, runs[1]);
    const { firstWorkflowTaskBackoff } = started?.workflowExecutionStartedEventAttributes ?? {};
    assert.equal(toMillis(firstWorkflowTaskBackoff), 1000);
    await handle.terminate('enough');
    assert.deepEqual(await Promise.all(runs.map((runId) => status(t, handle, runId))), [
      'COMPLETED',
      'COMPLETED',
      'TERMINATED',
    ]);
  }),
  scenario('a result follows the runs, or stays with its run', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countRuns, { args: [2], cronSchedule: everySecond });
    const runs = await runsOf(t, handle, handle.firstExecutionRunId, 2);
    const stay = t.client.workflow.getHandle(handle.workflowId, runs[0], { followRuns: false });
    const error = await errorOf(stay.result());
    assert.ok(error instanceof WorkflowContinuedAsNewError);
    assert.equal(error.newExecutionRunId, runs[1]);
    const following = failureOf(handle.result());
    await waitsIn(t, handle, runs[1]);
    await handle.terminate('enough');
    assert.equal((await following)[1]?.name, 'TerminatedFailure');
  }),
  scenario('a failure is told to the next run, beside the last result', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.returnThenFail, { cronSchedule: everySecond });
    const runs = await runsOf(t, handle, handle.firstExecutionRunId, 3);
    const { lastResult, lastFailure } = await waitsIn(t, handle, runs[2]);
    assert.deepEqual({ lastResult, lastFailure }, { lastResult: 'result', lastFailure: 'second run' });
    await handle.terminate('enough');
    assert.equal(await status(t, handle, runs[1]), 'FAILED');
  }),
  scenario('a retry policy comes before the schedule', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.failTwice, {
      cronSchedule: everySecond,
      retry: { initialInterval: '10ms', maximumAttempts: 2 },
    });
    const runs = await runsOf(t, handle, handle.firstExecutionRunId, 3);
    const { attempt, lastFailure } = await waitsIn(t, handle, runs[2]);
    assert.deepEqual({ attempt, lastFailure }, { attempt: 1, lastFailure: 'attempt 2' });
    await handle.terminate('enough');
  }),
  scenario('a run that times out is followed by another', async (t) => {
    const handle = await t.start(waitForever, { cronSchedule: '@every 2s', workflowRunTimeout: '500ms' });
    const runs = await runsOf(t, handle, handle.firstExecutionRunId, 2);
    await handle.terminate('enough');
    assert.equal(await status(t, handle, runs[0]), 'TIMED_OUT');
    const [started] = await t.history(handle, runs[1]);
    assert.ok(started?.workflowExecutionStartedEventAttributes?.continuedFailure?.timeoutFailureInfo);
  }),
  scenario(
    'an execution timeout ends all of them',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(workflows.countRuns, {
        args: [100],
        cronSchedule: everySecond,
        workflowExecutionTimeout: '3500ms',
      });
      assert.equal((await failureOf(handle.result()))[1]?.name, 'TimeoutFailure');
      assert.equal(nextOf((await t.history(handle)).at(-1)) ?? '', '');
    },
    { history: { compare: 'none', reason: 'how many runs there are is a matter of time' } },
  ),
  scenario('a run that is cancelled is the last', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countRuns, { args: [1], cronSchedule: everySecond });
    await waitsIn(t, handle, handle.firstExecutionRunId);
    await handle.cancel();
    assert.equal((await failureOf(handle.result()))[1]?.name, 'CancelledFailure');
    assert.equal(await status(t, handle), 'CANCELLED');
  }),
  scenario('a run that waits for its time can be cancelled', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countRuns, { args: [1], cronSchedule: yearly });
    await handle.cancel();
    assert.equal((await failureOf(handle.result()))[1]?.name, 'CancelledFailure');
  }),
  scenario('a run that is cancelled and returns all the same is followed when it was to begin', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countRuns, { args: [5], cronSchedule: yearly });
    const { executionTime } = await handle.describe();
    await handle.cancel();
    const runs = await runsOf(t, handle, handle.firstExecutionRunId, 2);
    const next = await t.client.workflow.getHandle(handle.workflowId, runs[1]).describe();
    assert.ok(Math.abs(Number(next.executionTime) - Number(executionTime)) <= 1500);
    await handle.terminate('enough');
  }),
  scenario('a run that waits for its time can be terminated', async (t) => {
    const handle = await t.start(waitForever, { cronSchedule: yearly });
    await handle.terminate('enough');
    assert.deepEqual(await t.eventTypes(handle), ['WorkflowExecutionStarted', 'WorkflowExecutionTerminated']);
  }),
  scenario('a signal does not shorten the wait', async (t) => {
    const handle = await t.start(waitForever, { cronSchedule: yearly });
    await signalByHand(t, handle.workflowId, { signalName: 'early' });
    await handle.terminate('enough');
    assert.deepEqual((await t.eventTypes(handle)).slice(0, 2), [
      'WorkflowExecutionStarted',
      'WorkflowExecutionSignaled',
    ]);
  }),
  scenario('a query of a run that waits for its time is refused', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countRuns, { args: [1], cronSchedule: yearly });
    assert.deepEqual(await refusalOf(handle.query(workflows.seenBefore)), {
      code: 'FAILED_PRECONDITION',
      details: 'Workflow task is not scheduled yet.',
    });
    await handle.terminate('enough');
  }),
  scenario('a signal-with-start waits for its time, too', async (t) => {
    const workflowId = t.workflowId();
    const { runId } = await t.raw.signalWithStartWorkflowExecution({
      namespace: t.namespace,
      workflowId,
      workflowType: { name: 'waitForever' },
      taskQueue: { name: t.taskQueue },
      requestId: randomUUID(),
      cronSchedule: everySecond,
      signalName: 'begin',
      signalInput: payloads(1),
    });
    t.track(workflowId, runId);
    await t.waitForEvent({ workflowId }, 'WorkflowTaskScheduled');
    const [started, signaled, scheduled] = await t.history({ workflowId });
    assert.ok(signaled?.workflowExecutionSignaledEventAttributes);
    assert.ok(Number(toMillis(scheduled?.eventTime)) - Number(toMillis(started?.eventTime)) >= 990);
    await t.client.workflow.getHandle(workflowId).terminate('enough');
  }),
  scenario('what the first run is told is said by the start', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    const { runId } = await startByHand(t, {
      workflowId,
      workflowType: { name: 'countRuns' },
      input: payloads(8),
      cronSchedule: everySecond,
      lastCompletionResult: payloads(7),
      continuedFailure: { message: 'before', applicationFailureInfo: { type: 'Before' } },
    });
    const { lastResult, lastFailure } = await waitsIn(t, { workflowId }, runId);
    assert.deepEqual({ lastResult, lastFailure }, { lastResult: 7, lastFailure: 'before' });
    await t.client.workflow.getHandle(workflowId).terminate('enough');
  }),
  scenario('a run that goes on as new leaves the schedule', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.continueOnSchedule, { args: [true], cronSchedule: everySecond });
    assert.equal(await handle.result(), 'no schedule');
  }),
  scenario('a child has a schedule, and its parent hears of the last run', async (t) => {
    await t.startWorker();
    const child = t.workflowId('child');
    const handle = await t.start(workflows.scheduleChild, { args: [child, everySecond] });
    await t.eventually(async () => (await t.history({ workflowId: child })).length > 0);
    const [first] = await t.history({ workflowId: child });
    const firstRun = first?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? '';
    const runs = await runsOf(t, { workflowId: child }, firstRun, 2);
    await waitsIn(t, { workflowId: child }, runs[1]);
    await t.client.workflow.getHandle(child).cancel();
    assert.equal(await handle.result(), 'CancelledFailure');
  }),
  scenario('the id is in use between the runs', async (t) => {
    const workflowId = t.workflowId();
    await startByHand(t, { workflowId, cronSchedule: yearly });
    const { code, details } = await refusalOf(startByHand(t, { workflowId, cronSchedule: yearly }));
    assert.equal(code, 'ALREADY_EXISTS');
    assert.match(details, /^Workflow execution is already running/);
    await t.client.workflow.getHandle(workflowId).terminate('enough');
  }),
  scenario('times are those of the zone that is named', async (t) => {
    const times = new Map<string, string>();
    for (const zone of ['', 'CRON_TZ=Asia/Tokyo ', 'TZ=America/Lima ']) {
      const handle = await t.start(waitForever, { cronSchedule: `${zone}30 12 1 1 *` });
      const { startTime, executionTime, raw } = await handle.describe();
      times.set(zone, new Date(Math.floor(Number(executionTime) / 60_000) * 60_000).toISOString().slice(5, 16));
      const backoff = Number(toMillis(raw.workflowExecutionInfo?.executionTime)) - startTime.getTime();
      assert.ok(backoff > 0 && Math.abs((backoff % 1000) - 500) > 490, `${backoff} ms`);
      await handle.terminate('enough');
    }
    assert.deepEqual([...times.values()], ['01-01T12:30', '01-01T03:30', '01-01T17:30']);
  }),
  scenario('what is no schedule is refused', async (t) => {
    const refused = async (cronSchedule: string): Promise<string> => {
      const { code, details } = await refusalOf(startByHand(t, { cronSchedule }));
      return `${code}: ${details}`;
    };
    const invalid = [
      '* * * *',
      '* * * * * *',
      '60 * * * *',
      '* * * * 7',
      '@every',
      '@every x',
      '@often',
      'CRON_TZ=No/Where * * * * *',
      '*/0 * * * *',
      '5-3 * * * *',
    ];
    for (const schedule of invalid) {
      assert.equal(await refused(schedule), 'INVALID_ARGUMENT: invalid CronSchedule.', schedule);
    }
    assert.equal(
      await refused('0 0 30 2 *'),
      'INVALID_ARGUMENT: invalid CronSchedule, no time can be found to satisfy the schedule',
    );
  }),
]);

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { toLong } from '../../../src/core/proto.ts';
import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { at, backfill, create, runId, runOf, scheduleScenario, started, statusOf, until } from '../schedules.ts';
import { failWith } from '../workflows/failures.ts';
import { finish, waitForever } from '../workflows/messages.ts';
import { numberOfRun, finishAfterRuns } from '../workflows/schedules.ts';

/** Schedules whose run before is still open, or has left something. */
export const scheduleOverlaps: readonly Scenario[] = topic('schedule-overlaps', [
  scheduleScenario('skip drops what would overlap', async (t) => {
    await t.startWorker();
    const handle = await create(t, { workflow: finishAfterRuns, args: [1] });
    await backfill(handle, 1, 3, ScheduleOverlapPolicy.SKIP);
    const { info } = await until(t, handle, (found) => {
      assert.deepEqual([found.info.numActionsTaken, found.info.numActionsSkippedOverlap], [1, 2]);
    });
    assert.equal(info.runningActions[0]?.workflow.workflowId, runId(t, at(1)));
    await runOf(t, 1).signal(finish);
    await until(t, handle, (found) => assert.deepEqual(found.info.runningActions, []));
    await backfill(handle, 4, 4, ScheduleOverlapPolicy.SKIP);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 2));
  }),
  scheduleScenario('buffer one keeps one start for later', async (t) => {
    await t.startWorker();
    const handle = await create(t, { workflow: finishAfterRuns, args: [1] });
    await backfill(handle, 1, 3, ScheduleOverlapPolicy.BUFFER_ONE);
    const waiting = await until(t, handle, (found) => assert.equal(found.info.numActionsSkippedOverlap, 1));
    assert.equal(waiting.raw.info?.bufferSize?.toNumber(), 1);
    await runOf(t, 1).signal(finish);
    const after = await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 2));
    assert.deepEqual(started(after), [runId(t, at(1)), runId(t, at(2))]);
  }),
  scheduleScenario('buffer all does one after another', async (t) => {
    await t.startWorker();
    const handle = await create(t, { workflow: finishAfterRuns, args: [1] });
    await backfill(handle, 1, 3, ScheduleOverlapPolicy.BUFFER_ALL);
    for (const [index, hour] of [1, 2, 3].entries()) {
      await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, index + 1));
      await runOf(t, hour).signal(finish);
    }
    const last = await until(t, handle, (found) => assert.deepEqual(found.info.runningActions, []));
    assert.deepEqual(
      started(last),
      [1, 2, 3].map((hour) => runId(t, at(hour))),
    );
  }),
  scheduleScenario('cancel other asks the run before to end, and waits for it', async (t) => {
    await t.startWorker();
    const handle = await create(t, {
      workflow: waitForever,
      policies: { overlap: ScheduleOverlapPolicy.CANCEL_OTHER },
    });
    await backfill(handle, 1, 1, ScheduleOverlapPolicy.CANCEL_OTHER);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 1));
    await t.waitForEvent(runOf(t, 1), 'WorkflowTaskCompleted');
    await backfill(handle, 2, 2, ScheduleOverlapPolicy.CANCEL_OTHER);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 2));
    assert.equal(await statusOf(t, 1), 'CANCELLED');
    const requested = (await t.history(runOf(t, 1))).find(
      (event) => event.workflowExecutionCancelRequestedEventAttributes,
    );
    const { cause, identity } = requested?.workflowExecutionCancelRequestedEventAttributes ?? {};
    assert.deepEqual(
      [cause, identity],
      ['cancelled by schedule overlap policy', `temporal-scheduler-${t.namespace}-${t.taskQueue}`],
    );
    assert.equal(await statusOf(t, 2), 'RUNNING');
  }),
  scheduleScenario('terminate other ends the run before', async (t) => {
    const handle = await create(t, { policies: { overlap: ScheduleOverlapPolicy.TERMINATE_OTHER } });
    await backfill(handle, 1, 1, ScheduleOverlapPolicy.TERMINATE_OTHER);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 1));
    await backfill(handle, 2, 2, ScheduleOverlapPolicy.TERMINATE_OTHER);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 2));
    const terminated = (await t.history(runOf(t, 1))).at(-1)?.workflowExecutionTerminatedEventAttributes;
    assert.equal(terminated?.reason, 'terminated by schedule overlap policy');
    assert.equal(await statusOf(t, 2), 'RUNNING');
  }),
  scheduleScenario('a run that goes on as a new one still runs', async (t) => {
    await t.startWorker();
    const handle = await create(t, { workflow: finishAfterRuns, args: [2] });
    await backfill(handle, 1, 2, ScheduleOverlapPolicy.BUFFER_ALL);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 1));
    await t.eventually(async () => {
      const { runId: current } = await runOf(t, 1).describe();
      const { info } = await handle.describe();
      assert.notEqual(current, info.runningActions[0]?.workflow.firstExecutionRunId);
      assert.equal(info.numActionsTaken, 1);
    });
    await runOf(t, 1).signal(finish);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 2));
  }),
  scheduleScenario('a run that was reset still runs', async (t) => {
    await t.startWorker();
    const handle = await create(t, { workflow: finishAfterRuns, args: [1] });
    await backfill(handle, 1, 1, ScheduleOverlapPolicy.SKIP);
    await until(t, handle, (found) => assert.equal(found.info.runningActions.length, 1));
    const { namespace } = t;
    const workflowId = runId(t, at(1));
    const task = async (): Promise<void> => assert.ok((await t.history({ workflowId })).length >= 4);
    await t.eventually(task);
    await t.raw.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      workflowTaskFinishEventId: toLong(4),
      requestId: randomUUID(),
      reason: 'test',
    });
    await backfill(handle, 2, 2, ScheduleOverlapPolicy.SKIP);
    await until(t, handle, (found) => {
      assert.deepEqual([found.info.numActionsTaken, found.info.numActionsSkippedOverlap], [1, 1]);
    });
    await runOf(t, 1).signal(finish);
    await until(t, handle, (found) => assert.deepEqual(found.info.runningActions, []));
    await backfill(handle, 3, 3, ScheduleOverlapPolicy.SKIP);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 2));
  }),
  scheduleScenario('a run gets the result of the one before', async (t) => {
    await t.startWorker();
    const handle = await create(t, { workflow: numberOfRun });
    await backfill(handle, 1, 3, ScheduleOverlapPolicy.BUFFER_ALL);
    await until(t, handle, (found) => assert.equal(found.info.numActionsTaken, 3));
    assert.deepEqual(await Promise.all([1, 2, 3].map((hour) => runOf(t, hour).result())), [1, 2, 3]);
  }),
  scheduleScenario('a failure pauses a schedule that was asked to', async (t) => {
    await t.startWorker();
    const handle = await create(t, {
      workflow: failWith,
      args: [[{ message: 'broken' }]],
      policies: { pauseOnFailure: true },
    });
    await backfill(handle, 1, 1, ScheduleOverlapPolicy.BUFFER_ALL);
    const { state } = await until(t, handle, (found) => assert.equal(found.state.paused, true));
    assert.equal(state.note, `paused due to workflow failure: ${runId(t, at(1))}: broken`);
  }),
]);

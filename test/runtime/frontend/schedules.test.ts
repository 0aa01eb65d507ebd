import { randomUUID } from 'node:crypto';
import type { temporal } from '@temporalio/proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toDuration, toNumber, toTimestamp } from '../../../src/core/proto.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';
import { Bench, commands, namespace, taskQueue } from './harness.ts';

const hour = 3_600_000;
const allowAll = 6;
const bufferAll = 3;
const terminateOther = 5;
const terminated = 5;

type Schedule = temporal.api.schedule.v1.ISchedule;
type Description = Awaited<ReturnType<WorkflowServiceApi['describeSchedule']>>;

describe('schedules', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const create = (schedule: Partial<Schedule> = {}, more: object = {}): Promise<unknown> =>
    bench.service.createSchedule({
      namespace,
      scheduleId: 's',
      requestId: randomUUID(),
      schedule: {
        spec: { interval: [{ interval: toDuration(hour) }] },
        action: { startWorkflow: { workflowId: 'w', workflowType: { name: 'any' }, taskQueue } },
        policies: { overlapPolicy: allowAll },
        ...schedule,
      },
      ...more,
    });
  const describeIt = (): Promise<Description> => bench.service.describeSchedule({ namespace, scheduleId: 's' });
  const patch = (some: temporal.api.schedule.v1.ISchedulePatch, requestId: string = randomUUID()): Promise<unknown> =>
    bench.service.patchSchedule({ namespace, scheduleId: 's', patch: some, requestId });
  const info = async (): Promise<Record<string, number>> => {
    const { actionCount, missedCatchupWindow, bufferDropped, bufferSize } = (await describeIt()).info ?? {};
    return {
      actions: toNumber(actionCount),
      missed: toNumber(missedCatchupWindow),
      dropped: toNumber(bufferDropped),
      buffered: toNumber(bufferSize),
    };
  };
  const startedIds = async (): Promise<string[]> => {
    const { executions } = await bench.service.listWorkflowExecutions({ namespace });
    return (executions ?? []).map(({ execution }) => execution?.workflowId ?? '').toSorted();
  };
  const idsOfHours = (count: number, from = 1): string[] =>
    Array.from({ length: count }, (_, index) => `w-2030-01-01T${String(index + from).padStart(2, '0')}:00:00Z`);

  it('end the run that has just begun in place of the one that was current', async () => {
    await create({ policies: { overlapPolicy: terminateOther } });
    await bench.clock.sleep(hour + 1);
    const [workflowId = ''] = idsOfHours(1);
    const runs = async (): Promise<readonly string[]> => {
      const { executions } = await bench.service.listWorkflowExecutions({
        namespace,
        query: `WorkflowId = '${workflowId}'`,
      });
      return (executions ?? []).map(({ execution }) => execution?.runId ?? '');
    };
    const [before = ''] = await runs();
    await bench.complete(await bench.poll(), [commands.continueAsNew()]);
    const { currentRunId } = bench.store;
    let looks = 0;
    bench.store.currentRunId = async (...asked) =>
      asked[1] === workflowId && ++looks === 1 ? before : currentRunId.apply(bench.store, asked);
    await bench.clock.sleep(hour);
    await expect.poll(startedIds).toContain(idsOfHours(2)[1]);
    expect((await bench.describe(workflowId)).workflowExecutionInfo?.status).toBe(terminated);
    expect(looks).toBeGreaterThan(1);
  });

  it('act when time comes to them, and at no other time', async () => {
    await create();
    await bench.clock.sleep(5 * hour + 1);
    expect(await startedIds()).toEqual(idsOfHours(5));
    expect(await info()).toMatchObject({ actions: 5, buffered: 0 });
  });

  it.each(Array.from({ length: 6 }, (_, index) => index + 1))(
    'act once for each time, when their process dies at commit %i',
    async (last) => {
      await create();
      let commits = 0;
      const dead = new Promise<void>((resolve) => {
        bench.store.trouble = () => {
          commits++;
          if (commits < last) return undefined;
          resolve();
          return 'full';
        };
      });
      const slept = bench.clock.sleep(3 * hour + 1);
      await dead;
      bench.store.trouble = () => undefined;
      await bench.restart();
      await slept;
      expect(await startedIds()).toEqual(idsOfHours(3));
      expect(await info()).toMatchObject({ actions: 3 });
    },
  );

  it('act once for each time, whoever of those that share a store is first', async () => {
    const { store, clock } = bench;
    await create();
    const other = await createFrontend({ store, clock, onError: (error) => bench.errors.push(error) });
    await clock.sleep(6 * hour + 1);
    expect(await startedIds()).toEqual(idsOfHours(6));
    expect(await info()).toMatchObject({ actions: 6 });
    expect(bench.errors).toEqual([]);
    await other.close();
  });

  it('make up for what passed while nobody was there, as far as their window reaches', async () => {
    await create({ policies: { overlapPolicy: allowAll, catchupWindow: toDuration(2 * hour) } });
    await bench.close();
    await bench.clock.sleep(5 * hour + 1);
    await bench.restart();
    await bench.clock.sleep(1);
    expect(await startedIds()).toEqual(idsOfHours(2, 4));
    expect(await info()).toMatchObject({ actions: 2, missed: 3 });
    // What was missed is counted once.
    await patch({ pause: 'a look' });
    expect(await info()).toMatchObject({ missed: 3 });
  });

  it('keep a thousand starts for later, and count the rest', async () => {
    await create({
      spec: { interval: [{ interval: toDuration(1000) }] },
      policies: { overlapPolicy: bufferAll },
    });
    await bench.close();
    await bench.clock.sleep(1200_000);
    await bench.restart();
    await bench.clock.sleep(1);
    expect(await info()).toMatchObject({ actions: 1, dropped: 200, buffered: 999 });
  });

  it('end a week after there was something to do', async () => {
    await create({
      spec: { interval: [{ interval: toDuration(hour) }], endTime: toTimestamp(bench.clock.now() + hour) },
    });
    await bench.clock.sleep(7 * 24 * hour);
    expect(await info()).toMatchObject({ actions: 1 });
    await bench.clock.sleep(2 * hour);
    await expect(describeIt()).rejects.toMatchObject({ code: 5, details: 'schedule not found' });
    await create();
  });

  it('drop a request that comes again', async () => {
    const requestId = randomUUID();
    await create({}, { requestId });
    await create({}, { requestId });
    await patch({ triggerImmediately: {} }, 'once');
    await bench.clock.sleep(1);
    await patch({ triggerImmediately: {} }, 'once');
    await bench.clock.sleep(1);
    expect(await info()).toMatchObject({ actions: 1 });
  });

  it('count on when a start is refused', async () => {
    await bench.start('w-2030-01-01T01:00:00Z');
    await create();
    await bench.clock.sleep(2 * hour + 1);
    expect(await info()).toMatchObject({ actions: 1 });
    expect(await startedIds()).toEqual(idsOfHours(2));
    expect(bench.errors).toEqual([]);
  });

  it('are no workflows', async () => {
    await create();
    const workflowId = 'temporal-sys-scheduler:s';
    const notFound = { code: 5, details: `workflow not found for ID: ${workflowId}` };
    await expect(bench.describe(workflowId)).rejects.toMatchObject(notFound);
    await expect(bench.signal(workflowId, 'any')).rejects.toMatchObject(notFound);
    await expect(bench.terminate(workflowId)).rejects.toMatchObject(notFound);
    await expect(bench.start(workflowId, { workflowIdConflictPolicy: 3 })).rejects.toMatchObject({ code: 6 });
    expect(await startedIds()).toEqual([]);
  });

  it('refuse what they cannot be asked', async () => {
    await create();
    const at = { namespace, scheduleId: 's' };
    await expect(bench.service.patchSchedule(at)).rejects.toMatchObject({ code: 3 });
    await expect(patch({ pause: 'x'.repeat(1001) })).rejects.toMatchObject({
      details: 'Schedule notes exceeds limit.',
    });
    await expect(bench.service.listScheduleMatchingTimes(at)).rejects.toMatchObject({
      code: 3,
      details: 'missing or invalid query',
    });
    await expect(create({ spec: { timezoneData: new Uint8Array([1]) } })).rejects.toMatchObject({ code: 12 });
    await expect(bench.service.listSchedules({ namespace, nextPageToken: new Uint8Array([1]) })).rejects.toMatchObject({
      code: 3,
    });
  });

  it('drop backfills beyond a thousand', async () => {
    await create({ state: { paused: true } });
    const one = { startTime: toTimestamp(0), endTime: toTimestamp(0) };
    await patch({ backfillRequest: Array.from({ length: 1001 }, () => one) });
    expect(await info()).toMatchObject({ dropped: 1, actions: 0 });
  });
});

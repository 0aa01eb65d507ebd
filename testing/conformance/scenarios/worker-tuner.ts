import assert from 'node:assert/strict';
import type { CustomSlotSupplier, SlotInfo, SlotPermit, SlotReserveContext } from '@temporalio/worker';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { deferred } from '../support.ts';
import { callAll } from '../workflows/activities.ts';
import { echo } from '../workflows/basics.ts';
import { localEach } from '../workflows/local-activities.ts';

const fixed = { type: 'fixed-size', numSlots: 10 } as const;
const fixedTuner = {
  workflowTaskSlotSupplier: fixed,
  activityTaskSlotSupplier: fixed,
  localActivityTaskSlotSupplier: fixed,
  nexusTaskSlotSupplier: fixed,
};
const untimed = { history: { compare: 'none', reason: 'which activities share a task depends on the time' } } as const;

/** An activity that tells how many of it run at once, and waits until so many do. */
function meeting(awaited: number): {
  readonly activities: { meet(): Promise<void> };
  readonly most: () => number;
} {
  let running = 0;
  let most = 0;
  const met = deferred();
  const meet = async (): Promise<void> => {
    most = Math.max(most, ++running);
    if (running === awaited) met.resolve();
    await met.promise;
    running--;
  };
  return { activities: { meet }, most: () => most };
}

const calls = (count: number) =>
  Array.from({ length: count }, () => ({ type: 'meet', options: { startToCloseTimeout: '30s' } }) as const);

/** A supplier that notes what it is asked and told. */
function noting<Info extends SlotInfo>(failures = 0) {
  const asked: SlotReserveContext[] = [];
  const used: Info[] = [];
  const open = new Set<SlotPermit>();
  const working = new Set<SlotPermit>();
  let left = failures;
  const grant = (context: SlotReserveContext): SlotPermit => {
    asked.push(context);
    const permit = { number: asked.length };
    open.add(permit);
    return permit;
  };
  const supplier: CustomSlotSupplier<Info> = {
    type: 'custom',
    reserveSlot: async (context) => {
      if (left-- > 0) throw new Error('not yet');
      return grant(context);
    },
    tryReserveSlot: grant,
    markSlotUsed: ({ slotInfo, permit }) => {
      assert.ok(open.has(permit));
      working.add(permit);
      used.push(slotInfo);
    },
    releaseSlot: ({ permit }) => {
      assert.ok(open.delete(permit));
      working.delete(permit);
    },
  };
  return { supplier, asked, used, working };
}

/** What bounds the tasks that a worker takes on at once: fixed numbers, the machine, or code of the user's. */
export const workerTuner: readonly Scenario[] = topic('worker-tuner', [
  scenario(
    'a fixed number of slots is the number of activities at once',
    async (t) => {
      const { activities, most } = meeting(3);
      const activityTaskSlotSupplier = { type: 'fixed-size', numSlots: 3 } as const;
      await t.startWorker({ activities, tuner: { ...fixedTuner, activityTaskSlotSupplier } });
      await t.execute(callAll, { args: [calls(6)] });
      assert.equal(most(), 3);
    },
    untimed,
  ),
  scenario(
    'a machine that is fuller than the target runs the least number of activities, and goes on',
    async (t) => {
      const { activities, most } = meeting(2);
      const minimum = { minimumSlots: 2, maximumSlots: 50, rampThrottle: 0 };
      // No machine has as little as that in use.
      const tunerOptions = { targetMemoryUsage: 0.0001, targetCpuUsage: 1 };
      const tuner = { tunerOptions, workflowTaskSlotOptions: { minimumSlots: 1 }, activityTaskSlotOptions: minimum };
      await t.startWorker({ activities, tuner });
      await t.execute(callAll, { args: [calls(6)] });
      assert.equal(most(), 2);
    },
    untimed,
  ),
  scenario(
    'suppliers of one’s own are asked for each task, told what it is, and get back what was used',
    async (t) => {
      const ofWorkflows = noting();
      const ofActivities = noting();
      const ofLocal = noting();
      const identity = `me-${t.taskQueue}`;
      const { activities } = meeting(1);
      const worker = await t.startWorker({
        identity,
        activities,
        tuner: {
          ...fixedTuner,
          workflowTaskSlotSupplier: ofWorkflows.supplier,
          activityTaskSlotSupplier: ofActivities.supplier,
          localActivityTaskSlotSupplier: ofLocal.supplier,
        } as never,
      });
      await t.execute(callAll, { args: [calls(2)] });
      await t.execute(localEach, { args: [[{ type: 'meet' }]] });
      await worker.stop();
      const who = new Set(
        [ofWorkflows, ofActivities, ofLocal].flatMap(({ asked }) =>
          asked.map(({ slotType, taskQueue, workerIdentity }) => `${slotType} ${taskQueue} ${workerIdentity}`),
        ),
      );
      const expected = ['workflow', 'activity', 'local-activity'].map((type) => `${type} ${t.taskQueue} ${identity}`);
      assert.deepEqual([...who].toSorted(), expected.toSorted());
      const sticky = t.target.cached;
      assert.equal(
        ofWorkflows.asked.some(({ isSticky }) => isSticky),
        sticky,
      );
      assert.deepEqual(ofActivities.used, [
        { type: 'activity', activityType: 'meet' },
        { type: 'activity', activityType: 'meet' },
      ]);
      assert.deepEqual(ofLocal.used, [{ type: 'local-activity', activityType: 'meet' }]);
      const workflowTypes = ofWorkflows.used.map((info) => info.type === 'workflow' && info.workflowType);
      assert.deepEqual(new Set(workflowTypes), new Set(['callAll', 'localEach']));
      assert.equal(ofActivities.working.size + ofLocal.working.size, 0);
    },
    untimed,
  ),
  scenario('a supplier that fails is asked again', async (t) => {
    const { supplier, asked } = noting(2);
    await t.startWorker({ tuner: { ...fixedTuner, workflowTaskSlotSupplier: supplier as never } });
    assert.deepEqual(await t.execute(echo, { args: ['there'] }), ['there']);
    assert.ok(asked.length > 0);
  }),
]);

import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { expect, it } from 'vitest';
import { toDuration, toNumber } from '../../../src/core/proto.ts';
import { createNativeWorker } from '../../../src/runtime/dispatch/native-worker.ts';
import { Bench } from '../frontend/harness.ts';
import { ManualClock } from '../manual-clock.ts';

const { WorkflowActivation } = proto.coresdk.workflow_activation;
const { WorkflowActivationCompletion } = proto.coresdk.workflow_completion;
const { ActivityTask } = proto.coresdk.activity_task;
const { ActivityTaskCompletion } = proto.coresdk;

type Native = ReturnType<typeof createNativeWorker>;
type Command = coresdk.workflow_commands.IWorkflowCommand;

/** A worker that keeps no runs in memory. Its workflows wait for one local activity, which takes so long. */
function work(bench: Bench<ManualClock>, identity: string, milliseconds: number, begun: string[]): Native {
  const slots = { type: 'fixed-size', numSlots: 2 } as const;
  const polling = { type: 'simple-maximum', maximum: 1 } as const;
  const native = createNativeWorker(bench.service, {
    clock: bench.clock,
    log: { debug: () => undefined, warn: () => undefined },
    newId: randomUUID,
    shutdownError: () => new Error('shut down'),
    sdkName: 'test',
    sdkVersion: '1.0.0',
    namespace: 'default',
    taskQueue: 'work',
    identity,
    instanceKey: 'only',
    version: { deploymentName: '', buildId: '', useVersioning: false, defaultBehavior: 0 },
    enableWorkflows: true,
    enableActivities: false,
    enableLocalActivities: true,
    maxCachedWorkflows: 0,
    workflowSlots: slots,
    activitySlots: slots,
    localActivitySlots: slots,
    resources: undefined,
    workflowPolling: polling,
    activityPolling: polling,
    nonStickyToStickyPollRatio: 0.5,
    stickyScheduleToStartTimeout: 5000,
    maxHeartbeatThrottleInterval: 1000,
    defaultHeartbeatThrottleInterval: 1000,
    maxActivitiesPerSecond: undefined,
    maxTaskQueueActivitiesPerSecond: undefined,
    maxEagerActivitiesPerTask: 0,
    shutdownGraceTime: 0,
    failsOnNondeterminism: () => false,
  });
  const workflows = async (): Promise<void> => {
    for (;;) {
      const { runId, jobs } = WorkflowActivation.decode(await native.pollWorkflowActivation());
      const completion = { runId, successful: { commands: jobs.flatMap(commandsFor) } };
      void native.completeWorkflowActivation(
        Buffer.from(WorkflowActivationCompletion.encodeDelimited(completion).finish()),
      );
    }
  };
  const activities = async (): Promise<void> => {
    for (;;) {
      const { taskToken, start } = ActivityTask.decode(await native.pollActivityTask());
      if (!start) continue;
      begun.push(identity);
      const completion = { taskToken, result: { completed: { result: {} } } };
      bench.clock.schedule(bench.clock.now() + milliseconds, () => {
        void native.completeActivityTask(Buffer.from(ActivityTaskCompletion.encodeDelimited(completion).finish()));
      });
    }
  };
  for (const loop of [workflows, activities]) void loop().catch(() => undefined);
  return native;
}

function commandsFor(job: coresdk.workflow_activation.IWorkflowActivationJob): Command[] {
  const startToCloseTimeout = toDuration(60_000);
  if (job.initializeWorkflow) {
    return [{ scheduleLocalActivity: { seq: 1, activityId: '1', activityType: 'long', startToCloseTimeout } }];
  }
  return job.resolveActivity ? [{ completeWorkflowExecution: {} }] : [];
}

it('a local activity that outlives its workflow tasks stays with its worker, also without a cache', async () => {
  const bench = await Bench.openAt(new ManualClock());
  const begun: string[] = [];
  const workers = ['one', 'another'].map((identity) => work(bench, identity, 20_000, begun));
  await bench.settle();
  await bench.start('w');
  for (let second = 0; second < 30; second++) {
    await bench.settle();
    bench.clock.advance(1000);
  }
  expect(begun).toHaveLength(1);
  expect((await bench.types('w')).at(-1)).toBe('WorkflowExecutionCompleted');
  await Promise.all(workers.map((worker) => worker.finalizeShutdown()));
  await bench.close();
});

it('a workflow task that comes with an answer has what is new of history, also for a worker without a cache', async () => {
  const bench = await Bench.openAt(new ManualClock());
  await bench.start('w');
  const task = await bench.poll();
  const more = { forceCreateNewWorkflowTask: true, returnNewWorkflowTask: true };
  const { workflowTask } = await bench.complete(task, [], more);
  expect(workflowTask?.history?.events?.map(({ eventId }) => toNumber(eventId))).toEqual([4, 5, 6]);
  await bench.close();
});

import proto from '@temporalio/proto';
import type { Clock } from '../core/clock.ts';
import type { NativeWorkerLike } from '../official.ts';

const { ActivityTask } = proto.coresdk.activity_task;

/** The native side of a worker, holding `clock` for each activation and each activity from when the worker gets it until it has answered. */
export function holdWhileWorking(worker: NativeWorkerLike, clock: Clock): NativeWorkerLike {
  const activations: (() => void)[] = [];
  const activities: (() => void)[] = [];
  return {
    ...worker,
    async pollWorkflowActivation() {
      const activation = await worker.pollWorkflowActivation();
      activations.push(clock.hold('workflowTask'));
      return activation;
    },
    // Each is answered once; which hold is released does not matter, for they are all alike.
    async completeWorkflowActivation(completion) {
      await releaseAfter(worker.completeWorkflowActivation(completion), activations);
    },
    async pollActivityTask() {
      const task = await worker.pollActivityTask();
      if (ActivityTask.decode(task).variant === 'start') activities.push(clock.hold('activity'));
      return task;
    },
    async completeActivityTask(completion) {
      await releaseAfter(worker.completeActivityTask(completion), activities);
    },
    async finalizeShutdown() {
      await worker.finalizeShutdown();
      for (const release of [...activations.splice(0), ...activities.splice(0)]) release();
    },
  };
}

async function releaseAfter(answer: Promise<void>, holds: (() => void)[]): Promise<void> {
  try {
    await answer;
  } finally {
    holds.pop()?.();
  }
}

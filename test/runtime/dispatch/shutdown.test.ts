import { setTimeout as delay } from 'node:timers/promises';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { SharedQueue } from '../../../src/runtime/dispatch/async-queue.ts';
import { Activities } from '../../../src/runtime/dispatch/activities.ts';
import type { DispatchOptions } from '../../../src/runtime/dispatch/options.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { endlessPoll, fakeService } from '../../engines/embedded/fake-service.ts';

const { ActivityTask } = proto.coresdk.activity_task;
const taskToken = Buffer.from('token');

function activities(service: WorkflowServiceApi): Activities & { poll(): Promise<Buffer> } {
  const options: Partial<DispatchOptions> = {
    clock: systemClock,
    log: { debug: () => undefined, warn: () => undefined },
    shutdownError: () => new Error('shut down'),
    namespace: 'default',
    taskQueue: 'work',
    identity: 'me',
    version: { deploymentName: '', buildId: '', useVersioning: false, defaultBehavior: 0 },
    activitySlots: { type: 'fixed-size', numSlots: 2 },
    activityPolling: { type: 'simple-maximum', maximum: 1 },
    maxHeartbeatThrottleInterval: 1000,
    defaultHeartbeatThrottleInterval: 1000,
    shutdownGraceTime: 60_000,
  };
  const tasks = new SharedQueue<Buffer>(() => new Error('shut down'));
  const part = new Activities(service, options as DispatchOptions, tasks.join());
  const poll = (): Promise<Buffer> => {
    part.start();
    return tasks.take();
  };
  return Object.assign(part, { poll });
}

describe('a worker that is told to stop', () => {
  it('still runs the activities that come with an answer on its way', async () => {
    const reported: unknown[] = [];
    const worker = activities(
      fakeService({
        pollActivityTaskQueue: endlessPoll,
        respondActivityTaskCompleted: async (request) => reported.push(request),
      }),
    );
    const first = worker.poll();
    expect(worker.reserve()).toBe(true);
    worker.initiateShutdown();
    expect(worker.reserve()).toBe(false);
    // Polling has ended long before the answer is there.
    await delay(50);
    worker.take(1, [{ taskToken }]);
    const task = ActivityTask.decode(await first);
    expect(Buffer.from(task.taskToken)).toEqual(taskToken);
    const next = worker.poll();
    await worker.complete({ taskToken, result: { completed: {} } });
    expect(reported).toHaveLength(1);
    await expect(next).rejects.toThrow('shut down');
    await worker.finalizeShutdown();
  });

  it('ends when an answer brings no activities after all', async () => {
    const worker = activities(fakeService({ pollActivityTaskQueue: endlessPoll }));
    const first = worker.poll();
    worker.reserve();
    worker.reserve();
    worker.initiateShutdown();
    await delay(50);
    worker.take(1, []);
    worker.take(1, []);
    await expect(first).rejects.toThrow('shut down');
    await worker.finalizeShutdown();
  });
});

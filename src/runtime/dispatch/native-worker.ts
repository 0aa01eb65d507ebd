import proto from '@temporalio/proto';
import type { NativeWorkerLike } from '../../official.ts';
import type { EagerRoom } from '../eager-starts.ts';
import type { WorkflowServiceApi } from '../service.ts';
import { systemClock } from '../system-clock.ts';
import { Activities } from './activities.ts';
import { SharedQueue } from './async-queue.ts';
import { LocalActivities } from './local-activities.ts';
import type { DispatchOptions } from './options.ts';
import { Workflows } from './workflows.ts';

/** How long, in real time, a worker that was made and does not begin to poll keeps virtual time from going on. */
const STARTING_MS = 1000;

const { ActivityHeartbeat, ActivityTaskCompletion } = proto.coresdk;
const { WorkflowActivationCompletion } = proto.coresdk.workflow_completion;

/** What the official worker calls, and what else a worker is good for. */
export interface NativeWorker extends NativeWorkerLike {
  /** Room for a workflow task that comes by another way than polling; `undefined` when there is none now. */
  reserveWorkflowTask(): EagerRoom | undefined;
}

/**
 * The native side of an official `Worker`, over any Temporal service: what the SDK's own native library does, in TypeScript.
 *
 * Polls reject only with the shutdown error, and only when nothing is left; completions and heartbeats never reject.
 */
export function createNativeWorker(service: WorkflowServiceApi, options: DispatchOptions): NativeWorker {
  const stickyName =
    options.enableWorkflows && options.maxCachedWorkflows > 0
      ? `${options.identity}-${options.taskQueue}-${options.newId()}`
      : undefined;
  const tasks = new SharedQueue<Buffer>(options.shutdownError);
  const activities = options.enableActivities ? new Activities(service, options, tasks.join()) : undefined;
  const locals =
    options.enableLocalActivities && options.enableWorkflows ? new LocalActivities(options, tasks.join()) : undefined;
  const workflows = options.enableWorkflows
    ? new Workflows(service, options, { stickyName, eager: activities, locals })
    : undefined;
  const whenShutDown = createGate();
  const hasStarted = holdUntilStarted(options);
  let announced: Promise<void> | undefined;

  const initiateShutdown = (): void => {
    hasStarted();
    workflows?.initiateShutdown();
    locals?.initiateShutdown();
    activities?.initiateShutdown();
    whenShutDown.open();
    announced ??= announceShutdown(service, options, stickyName);
  };

  return {
    type: 'worker',
    reserveWorkflowTask: () => workflows?.reserve(),
    initiateShutdown,
    async finalizeShutdown() {
      initiateShutdown();
      await Promise.all([workflows?.finalizeShutdown(), activities?.finalizeShutdown(), announced]);
      locals?.finalizeShutdown();
    },
    flushCoreLogs: () => undefined,
    replaceClient: (client) => options.onReplaceClient?.(client),
    pollWorkflowActivation: () => {
      const polled = workflows?.poll();
      hasStarted();
      return polled ?? whenShutDown.rejection(options.shutdownError);
    },
    async completeWorkflowActivation(buffer) {
      await workflows?.complete(WorkflowActivationCompletion.decodeDelimited(buffer));
    },
    pollActivityTask: () => {
      activities?.start();
      hasStarted();
      return tasks.isUsed ? tasks.take() : whenShutDown.rejection(options.shutdownError);
    },
    async completeActivityTask(buffer) {
      const completion = ActivityTaskCompletion.decodeDelimited(buffer);
      if (!locals?.complete(completion)) await activities?.complete(completion);
    },
    recordActivityHeartbeat(buffer) {
      const { taskToken, details } = ActivityHeartbeat.decodeDelimited(buffer);
      activities?.heartbeat(taskToken, details);
    },
    pollNexusTask: () => whenShutDown.rejection(options.shutdownError),
    completeNexusTask: () => Promise.resolve(),
  };
}

/** Between being made and asking for its first task a worker should find tasks as they were put there, however slow the machine is. */
function holdUntilStarted({ clock }: DispatchOptions): () => void {
  if (clock === systemClock) return () => undefined;
  const release = clock.hold('workflowTask');
  const forget = systemClock.schedule(systemClock.now() + STARTING_MS, release);
  return () => {
    forget();
    release();
  };
}

/** Rejects when the worker shuts down: what polls of a kind do that this worker does not serve. */
function createGate(): { open: () => void; rejection: (error: () => Error) => Promise<never> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    open: () => open(),
    rejection: async (error) => {
      await opened;
      throw error();
    },
  };
}

/** Lets the server answer polls that are still out, and give the sticky queue's tasks to others. Servers that do not know this do without. */
async function announceShutdown(
  service: WorkflowServiceApi,
  { namespace, identity, instanceKey, taskQueue }: DispatchOptions,
  stickyTaskQueue = '',
): Promise<void> {
  try {
    await service.shutdownWorker({
      namespace,
      identity,
      workerInstanceKey: instanceKey,
      taskQueue,
      stickyTaskQueue,
      reason: 'graceful shutdown',
    });
  } catch {
    // Nothing depends on it.
  }
}

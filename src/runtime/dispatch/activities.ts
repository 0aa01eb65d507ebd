import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { durationMs, type Payload } from '../../core/proto.ts';
import { grpcStatus, hasCode } from '../errors.ts';
import type { WorkflowServiceApi } from '../service.ts';
import { ActivityReporter } from './activity-reporter.ts';
import {
  cancelTask,
  createActivityPoller,
  detailsOf,
  type PolledActivityTask,
  startTask,
  throttleInterval,
} from './activity-tasks.ts';
import type { QueuePart } from './async-queue.ts';
import { Heartbeats } from './heartbeats.ts';
import type { DispatchOptions } from './options.ts';
import type { PollLoops } from './poll-loops.ts';
import { createSlotPool } from './slot-pools.ts';
import type { Slot, SlotPool } from './slots.ts';
import type { EagerActivities } from './task-reporter.ts';

const { ActivityCancelReason } = proto.coresdk.activity_task;

type CancelReason = coresdk.activity_task.ActivityCancelReason;
type CancelDetails = coresdk.activity_task.IActivityCancellationDetails;
type Completion = coresdk.IActivityTaskCompletion;

/** How long an activity may overrun its timeouts here: the server's clock decides first. */
const LOCAL_TIMEOUT_BUFFER_MS = 5_000;

/** An activity that the language side works on. */
interface Running {
  readonly polled: PolledActivityTask;
  readonly taskToken: Uint8Array;
  readonly heartbeats: Heartbeats;
  readonly release: () => void;
  /** Why the language side was told to stop; it is told once. */
  cancelledFor: CancelReason | undefined;
  /** The server does not know the activity any more: nobody waits for its outcome. */
  forgotten: boolean;
  lastDetails: readonly Payload[] | undefined;
  cancelTimers: Array<() => void>;
  resetHeartbeatTimer: () => void;
}

/** The activity side of a worker: tasks in, outcomes out, heartbeats and cancellations in between. */
export class Activities implements EagerActivities {
  readonly #options: DispatchOptions;
  readonly #reporter: ActivityReporter;
  readonly #slots: SlotPool;
  readonly #poller: PollLoops<PolledActivityTask>;
  readonly #tasks: QueuePart<Buffer>;
  readonly #running = new Map<string, Running>();
  readonly #reserved: Slot[] = [];
  #started = false;
  #stopped: Promise<void> | undefined;
  #pollingEnded = false;
  #graceOver = false;
  #cancelGrace: (() => void) | undefined;

  constructor(service: WorkflowServiceApi, options: DispatchOptions, tasks: QueuePart<Buffer>) {
    this.#options = options;
    this.#tasks = tasks;
    this.#reporter = new ActivityReporter(service, options);
    const { taskQueue, identity, version } = options;
    const context = {
      slotType: 'activity' as const,
      taskQueue,
      workerIdentity: identity,
      deploymentVersion: { deploymentName: version.deploymentName, buildId: version.buildId },
    };
    this.#slots = createSlotPool(options.activitySlots, context, options);
    this.#poller = createActivityPoller(service, options, this.#slots, (task, slot) => this.#begin(task, slot));
  }

  /** Begins to poll, if it has not. Tasks go into the queue, which is closed once no activity runs any more. */
  start(): void {
    if (this.#started || this.#stopped) return;
    this.#started = true;
    this.#poller.start();
  }

  /** Takes the outcome of an activity. Resolves when the server was told. Never rejects. */
  async complete(completion: Completion): Promise<void> {
    const taskToken = completion.taskToken ?? new Uint8Array();
    const running = this.#running.get(keyOf(taskToken));
    if (running === undefined) {
      this.#options.log.warn('Attempted to complete an activity task that is not known');
      return;
    }
    this.#running.delete(keyOf(taskToken));
    for (const cancel of running.cancelTimers) cancel();
    const result = completion.result ?? {};
    const byShutdown = running.cancelledFor === ActivityCancelReason.WORKER_SHUTDOWN;
    const flush = !running.forgotten && Boolean(result.cancelled) && !byShutdown;
    await running.heartbeats.close(flush);
    if (!running.forgotten) await this.#reporter.report(taskToken, result, running.lastDetails, byShutdown);
    running.release();
    this.#closeIfDone();
  }

  /** Takes a heartbeat. Those of unknown activities are ignored. */
  heartbeat(taskToken: Uint8Array, details: readonly Payload[]): void {
    const running = this.#running.get(keyOf(taskToken));
    if (running === undefined) return;
    running.lastDetails = details;
    running.heartbeats.record(details);
  }

  reserve(): boolean {
    // With a rate for the whole task queue, only the server may say how many can start.
    if (this.#options.maxTaskQueueActivitiesPerSecond || this.#stopped) return false;
    const slot = this.#slots.tryAcquire(false);
    if (slot) this.#reserved.push(slot);
    return slot !== undefined;
  }

  take(reserved: number, tasks: readonly PolledActivityTask[]): void {
    for (const [index, slot] of this.#reserved.splice(0, reserved).entries()) {
      const task = tasks[index];
      if (task) this.#begin(task, slot);
      else slot.release();
    }
    this.#closeIfDone();
  }

  /** Stops polling. Running activities go on, and are cancelled when the grace time is over. */
  initiateShutdown(): void {
    if (this.#stopped) return;
    const { clock, shutdownGraceTime } = this.#options;
    this.#cancelGrace = clock.schedule(clock.now() + shutdownGraceTime, () => {
      this.#graceOver = true;
      for (const running of this.#running.values()) this.#cancelForShutdown(running);
    });
    this.#stopped = this.#stopPolling();
  }

  /** Resolves once no poll is out; what still runs is given up. */
  async finalizeShutdown(): Promise<void> {
    this.initiateShutdown();
    await this.#stopped;
    this.#cancelGrace?.();
    for (const running of this.#running.values()) {
      for (const cancel of running.cancelTimers) cancel();
      void running.heartbeats.close(false);
      running.release();
    }
    this.#running.clear();
    this.#tasks.close();
  }

  async #stopPolling(): Promise<void> {
    await this.#poller.stop();
    this.#pollingEnded = true;
    this.#closeIfDone();
  }

  #begin(polled: PolledActivityTask, slot: Slot): void {
    const taskToken = polled.taskToken ?? new Uint8Array();
    const endHold = this.#options.clock.hold('activity');
    slot.markUsed({ type: 'activity', activityType: polled.activityType?.name ?? '' });
    const running: Running = {
      polled,
      taskToken,
      heartbeats: new Heartbeats(this.#options.clock, throttleInterval(polled, this.#options), (details) =>
        this.#sendHeartbeat(running, details),
      ),
      release: () => {
        endHold();
        slot.release();
      },
      cancelledFor: undefined,
      forgotten: false,
      lastDetails: undefined,
      cancelTimers: [],
      resetHeartbeatTimer: () => undefined,
    };
    this.#running.set(keyOf(taskToken), running);
    this.#tasks.push(startTask(polled));
    if (this.#graceOver) this.#cancelForShutdown(running);
    else this.#armTimers(running);
  }

  async #sendHeartbeat(running: Running, details: readonly Payload[]): Promise<void> {
    try {
      const answer = await this.#reporter.heartbeat(running.taskToken, details);
      running.resetHeartbeatTimer();
      const { cancelRequested, activityReset, activityPaused } = answer;
      if (!cancelRequested && !activityReset && !activityPaused) return;
      const reason = cancelRequested
        ? ActivityCancelReason.CANCELLED
        : activityReset
          ? ActivityCancelReason.RESET
          : ActivityCancelReason.PAUSED;
      this.#cancel(running, reason, {
        isCancelled: cancelRequested ?? false,
        isReset: activityReset ?? false,
        isPaused: activityPaused ?? false,
      });
    } catch (error) {
      if (hasCode(error, grpcStatus.NOT_FOUND)) {
        const reason = ActivityCancelReason.NOT_FOUND;
        this.#cancel(running, reason, detailsOf(reason));
      } else {
        this.#options.log.warn('An activity heartbeat could not be recorded', { error });
      }
    }
  }

  #cancelForShutdown(running: Running): void {
    const reason = ActivityCancelReason.WORKER_SHUTDOWN;
    this.#cancel(running, reason, detailsOf(reason));
  }

  #cancel(running: Running, reason: CancelReason, details: CancelDetails): void {
    if (running.cancelledFor !== undefined || this.#running.get(keyOf(running.taskToken)) !== running) return;
    running.cancelledFor = reason;
    if (details.isNotFound) running.forgotten = true;
    this.#tasks.push(cancelTask(running.taskToken, reason, details));
  }

  /** The server drops an activity that overruns; without heartbeats, only these timers tell the activity so. */
  #armTimers(running: Running): void {
    const { clock } = this.#options;
    const startToClose = durationMs(running.polled.startToCloseTimeout);
    const heartbeat = durationMs(running.polled.heartbeatTimeout);
    const arm = (timeoutMs: number): (() => void) =>
      clock.schedule(clock.now() + timeoutMs + LOCAL_TIMEOUT_BUFFER_MS, () => {
        this.#cancel(running, ActivityCancelReason.TIMED_OUT, { isNotFound: true, isTimedOut: true });
      });
    if (startToClose > 0) running.cancelTimers.push(arm(startToClose));
    if (heartbeat === 0) return;
    let cancelHeartbeat = arm(heartbeat);
    running.cancelTimers.push(() => cancelHeartbeat());
    running.resetHeartbeatTimer = () => {
      cancelHeartbeat();
      if (this.#running.has(keyOf(running.taskToken))) cancelHeartbeat = arm(heartbeat);
    };
  }

  /** An answer that is still on its way may bring activities, which the server counts as started: they have to be run. */
  #closeIfDone(): void {
    if (!this.#pollingEnded || this.#running.size > 0 || this.#reserved.length > 0) return;
    this.#cancelGrace?.();
    this.#tasks.close();
  }
}

function keyOf(taskToken: Uint8Array): string {
  return Buffer.from(taskToken.buffer, taskToken.byteOffset, taskToken.byteLength).toString('base64');
}

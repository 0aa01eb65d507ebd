import type { coresdk } from '@temporalio/proto';
import {
  cancelledOutcome,
  type LocalActivityHost,
  type LocalOutcome,
  type LocalResolution,
  type LocalRun,
  type LocalSchedule,
} from '../../core/activations/local/types.ts';
import { TimeoutType, toMillis } from '../../core/proto.ts';
import type { QueuePart } from './async-queue.ts';
import {
  localCancelTask,
  localKey,
  localOutcomeOf,
  type LocalRequest,
  localStartTask,
  localToken,
  timedOut,
} from './local-activity-task.ts';
import { localRetryDelay } from './local-retry.ts';
import type { DispatchOptions } from './options.ts';
import { createSlotPool } from './slot-pools.ts';
import type { SlotPool } from './slots.ts';

/** Who hears of local activities. */
export interface LocalListener {
  /** An activity is over. */
  ended(runId: string, resolution: LocalResolution): void;
  /** The run's workflow task has been out for long enough. */
  heartbeatDue(runId: string): void;
  /** The worker stops, and the run waits for nothing but retries: another worker goes on with it. */
  givenUp(runId: string): void;
}

/** A local activity that a run waits for, or that still runs although nobody does. */
interface Tracked {
  readonly request: LocalRequest;
  /** Names the attempt that runs, or is about to. */
  key: string;
  attempt: number;
  /** When the attempt began; `undefined` while it waits for a slot or a retry. */
  startedAt: number | undefined;
  /** Calls off the next attempt, while it is waited for. */
  cancelRetry: (() => void) | undefined;
  cancelScheduleToClose: (() => void) | undefined;
  cancelStartToClose: (() => void) | undefined;
  /** The workflow task in which it began was answered. */
  outlivedTask: boolean;
  /** Retries since the latest workflow task. */
  retriesInTask: number;
}

interface Running {
  readonly tracked: Tracked;
  readonly release: () => void;
}

/** Runs local activities: attempts, timeouts, retries that are short enough for the workflow task to stay out. */
export class LocalActivities implements LocalActivityHost {
  readonly #options: DispatchOptions;
  readonly #tasks: QueuePart<Buffer>;
  readonly #slots: SlotPool;
  /** By run id and sequence number. */
  readonly #tracked = new Map<string, Map<number, Tracked>>();
  /** What the language side works on, by token. */
  readonly #running = new Map<string, Running>();
  readonly #stop = new AbortController();
  #dispatching: Promise<void> = Promise.resolve();
  #queued = 0;
  #tokens = 0;
  #shuttingDown = false;
  #workflowsEnded = false;
  #listener: LocalListener | undefined;

  constructor(options: DispatchOptions, tasks: QueuePart<Buffer>) {
    const { taskQueue, identity, version } = options;
    this.#options = options;
    this.#tasks = tasks;
    const context = {
      slotType: 'local-activity' as const,
      taskQueue,
      workerIdentity: identity,
      deploymentVersion: { deploymentName: version.deploymentName, buildId: version.buildId },
    };
    this.#slots = createSlotPool(options.localActivitySlots, context, options);
  }

  /** Must be called before the first activity. */
  listen(listener: LocalListener): void {
    this.#listener = listener;
  }

  now(): number {
    return this.#options.clock.now();
  }

  start(run: LocalRun, schedule: LocalSchedule): LocalResolution | undefined {
    const ofRun = this.#tracked.get(run.runId) ?? new Map<number, Tracked>();
    if (ofRun.has(schedule.seq)) return undefined;
    const request: LocalRequest = { run, schedule, scheduledAt: this.now() };
    const tracked: Tracked = {
      request,
      key: '',
      attempt: Math.max(1, schedule.attempt),
      startedAt: undefined,
      cancelRetry: undefined,
      cancelScheduleToClose: undefined,
      cancelStartToClose: undefined,
      outlivedTask: false,
      retriesInTask: 0,
    };
    const { scheduleToCloseMs, originalScheduleTime } = schedule;
    if (scheduleToCloseMs !== undefined) {
      const elapsed = this.now() - (toMillis(originalScheduleTime) ?? this.now());
      const left = scheduleToCloseMs - Math.max(0, elapsed);
      const outcome = timedOut(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE);
      if (left <= 0) return this.#resolution(tracked, outcome, 0);
      tracked.cancelScheduleToClose = this.#after(left, () => this.#timeOut(tracked, outcome));
    }
    this.#tracked.set(run.runId, ofRun.set(schedule.seq, tracked));
    this.#queue(tracked);
    return undefined;
  }

  cancel(runId: string, seq: number): LocalResolution | undefined {
    const tracked = this.#tracked.get(runId)?.get(seq);
    if (tracked === undefined) return undefined;
    if (tracked.cancelRetry) {
      this.#forgetOne(tracked);
      return { seq, outcome: cancelledOutcome(), runtimeMs: 0, attempt: 0 };
    }
    if (tracked.startedAt === undefined) {
      // It waits for a slot, and need not begin any more.
      this.#forgetOne(tracked);
      return this.#resolution(tracked, cancelledOutcome(), 0);
    }
    this.#tasks.push(localCancelTask(Buffer.from(tracked.key), 'cancelled'));
    return undefined;
  }

  taskAnswered(runId: string): void {
    for (const tracked of this.#tracked.get(runId)?.values() ?? []) {
      tracked.outlivedTask = true;
      tracked.retriesInTask = 0;
    }
  }

  forget(runId: string): void {
    for (const tracked of this.#tracked.get(runId)?.values() ?? []) {
      if (tracked.startedAt !== undefined) this.#tasks.push(localCancelTask(Buffer.from(tracked.key), 'cancelled'));
      this.#forgetOne(tracked);
    }
  }

  heartbeatAt(runId: string, at: number): () => void {
    return this.#options.clock.schedule(at, () => this.#listener?.heartbeatDue(runId));
  }

  /** Attempts in this workflow task of activities that began in an earlier one: what servers count. */
  nonFirstAttempts(runId: string): number {
    const all = [...(this.#tracked.get(runId)?.values() ?? [])];
    return all.reduce((sum, tracked) => sum + (tracked.outlivedTask ? tracked.retriesInTask : 0), 0);
  }

  /** Takes what the language side reports. Returns false when that is not about a local activity. */
  complete({ taskToken, result }: coresdk.IActivityTaskCompletion): boolean {
    const key = localKey(taskToken ?? new Uint8Array());
    if (key === undefined) return false;
    const running = this.#running.get(key);
    if (running === undefined) {
      this.#options.log.debug('A local activity ended that nobody waits for');
      return true;
    }
    this.#end(key, running, localOutcomeOf(result ?? {}));
    this.#closeIfDone();
    return true;
  }

  /** From now on no retry is waited for here. */
  initiateShutdown(): void {
    this.#shuttingDown = true;
    const runs = [...this.#tracked].filter(([, ofRun]) => [...ofRun.values()].some((one) => one.cancelRetry));
    for (const [runId] of runs) this.#listener?.givenUp(runId);
  }

  /** No workflow asks for anything any more. */
  workflowsEnded(): void {
    this.#workflowsEnded = true;
    this.#closeIfDone();
  }

  /** Gives up what still runs. */
  finalizeShutdown(): void {
    this.#stop.abort();
    for (const runId of this.#tracked.keys()) this.forget(runId);
    for (const { release } of this.#running.values()) release();
    this.#running.clear();
    this.#tasks.close();
  }

  #queue(tracked: Tracked): void {
    tracked.key = Buffer.from(localToken(++this.#tokens)).toString('latin1');
    this.#queued++;
    const dispatch = async (): Promise<void> => {
      try {
        await this.#dispatch(tracked);
      } catch {
        // Only the end of the worker keeps a slot from being given.
      } finally {
        this.#queued--;
        this.#closeIfDone();
      }
    };
    this.#dispatching = this.#dispatching.then(dispatch);
  }

  async #dispatch(tracked: Tracked): Promise<void> {
    if (!this.#isTracked(tracked)) return;
    const { request, attempt, key } = tracked;
    const { schedule } = request;
    const slot = await this.#slots.acquire(false, this.#stop.signal);
    const waited = this.now() - request.scheduledAt;
    if (!this.#isTracked(tracked)) {
      slot.release();
      return;
    }
    if (schedule.scheduleToStartMs !== undefined && waited > schedule.scheduleToStartMs) {
      slot.release();
      this.#report(tracked, timedOut(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START), waited);
      return;
    }
    slot.markUsed({ type: 'local-activity', activityType: schedule.command.activityType ?? '' });
    const endHold = this.#options.clock.hold('activity');
    const release = (): void => {
      endHold();
      slot.release();
    };
    const startedAt = this.now();
    tracked.startedAt = startedAt;
    if (schedule.startToCloseMs !== undefined) {
      const outcome = timedOut(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE);
      tracked.cancelStartToClose = this.#after(schedule.startToCloseMs, () => this.#timeOut(tracked, outcome));
    }
    this.#running.set(key, { tracked, release });
    const { namespace } = this.#options;
    this.#tasks.push(localStartTask(Buffer.from(key), request, { number: attempt, startedAt, namespace }));
  }

  /** A timeout strikes; the language side is told to stop, and not waited for. */
  #timeOut(tracked: Tracked, outcome: LocalOutcome): void {
    const running = this.#running.get(tracked.key);
    if (running) {
      this.#tasks.push(localCancelTask(Buffer.from(tracked.key), 'timed-out'));
      this.#end(tracked.key, running, outcome);
    } else if (this.#isTracked(tracked)) {
      this.#report(tracked, outcome, 0);
    }
    this.#closeIfDone();
  }

  #end(key: string, { tracked, release }: Running, outcome: LocalOutcome): void {
    this.#running.delete(key);
    release();
    if (!this.#isTracked(tracked)) return;
    const runtimeMs = this.now() - (tracked.startedAt ?? this.now());
    tracked.startedAt = undefined;
    tracked.cancelStartToClose?.();
    tracked.cancelStartToClose = undefined;
    const delay = isFinal(outcome) ? undefined : this.#retryDelay(tracked, outcome);
    if (delay === undefined) this.#report(tracked, outcome, runtimeMs);
    else if (delay > tracked.request.schedule.localRetryThresholdMs) this.#report(tracked, outcome, runtimeMs, delay);
    else this.#retry(tracked, delay);
  }

  #retryDelay({ request, attempt }: Tracked, outcome: LocalOutcome): number | undefined {
    const failure = outcome.kind === 'completed' ? undefined : outcome.failure;
    return localRetryDelay(request.schedule.command.retryPolicy, attempt, failure);
  }

  #retry(tracked: Tracked, delay: number): void {
    tracked.retriesInTask++;
    tracked.cancelRetry = this.#after(delay, () => {
      tracked.cancelRetry = undefined;
      tracked.attempt++;
      this.#queue(tracked);
    });
    if (this.#shuttingDown) this.#listener?.givenUp(tracked.request.run.runId);
  }

  #report(tracked: Tracked, outcome: LocalOutcome, runtimeMs: number, backoffMs?: number): void {
    this.#forgetOne(tracked);
    const resolution = this.#resolution(tracked, outcome, runtimeMs, backoffMs);
    this.#listener?.ended(tracked.request.run.runId, resolution);
  }

  #resolution(
    { request, attempt }: Tracked,
    outcome: LocalOutcome,
    runtimeMs: number,
    backoffMs?: number,
  ): LocalResolution {
    const { seq, originalScheduleTime } = request.schedule;
    const common = { seq, outcome, runtimeMs, attempt, originalScheduleTime };
    return backoffMs === undefined ? common : { ...common, backoffMs };
  }

  #isTracked(tracked: Tracked): boolean {
    const { run, schedule } = tracked.request;
    return this.#tracked.get(run.runId)?.get(schedule.seq) === tracked;
  }

  #forgetOne(tracked: Tracked): void {
    tracked.cancelRetry?.();
    tracked.cancelScheduleToClose?.();
    tracked.cancelStartToClose?.();
    const { run, schedule } = tracked.request;
    const ofRun = this.#tracked.get(run.runId);
    if (ofRun?.get(schedule.seq) === tracked) ofRun.delete(schedule.seq);
    if (ofRun?.size === 0) this.#tracked.delete(run.runId);
  }

  #after(ms: number, task: () => void): () => void {
    return this.#options.clock.schedule(this.now() + ms, task);
  }

  #closeIfDone(): void {
    if (this.#workflowsEnded && this.#running.size === 0 && this.#queued === 0) this.#tasks.close();
  }
}

/** Neither success nor cancellation is tried again, and of the time-outs only that of a single attempt. */
function isFinal(outcome: LocalOutcome): boolean {
  if (outcome.kind === 'completed' || outcome.kind === 'cancelled') return true;
  if (outcome.kind === 'failed') return false;
  return outcome.failure?.timeoutFailureInfo?.timeoutType !== TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE;
}

import type { native } from '@temporalio/core-bridge';
import { toNumber } from '../../core/proto.ts';
import { TaskQueueKind } from '../../core/proto.ts';
import type { ResponseOf, WorkflowServiceApi } from '../service.ts';
import type { DispatchOptions } from './options.ts';
import { PollLoops } from './poll-loops.ts';
import type { Slot, SlotPool } from './slots.ts';
import { pollVersionOf } from './versioning.ts';

/** A workflow task as the server gives it out. */
export type PolledWorkflowTask = ResponseOf<'pollWorkflowTaskQueue'>;

type Deliver = (task: PolledWorkflowTask, slot: Slot) => void;

/** Polls the worker's task queue and, with a cache, its sticky queue. */
export class WorkflowPoller {
  readonly #options: DispatchOptions;
  readonly #service: WorkflowServiceApi;
  readonly #stickyName: string | undefined;
  readonly #normal: PollLoops<PolledWorkflowTask>;
  readonly #sticky: PollLoops<PolledWorkflowTask> | undefined;
  readonly #slots: SlotPool;
  #stickyBacklog = 0;
  #waiters: Array<() => void> = [];

  constructor(
    service: WorkflowServiceApi,
    options: DispatchOptions,
    stickyName: string | undefined,
    slots: SlotPool,
    deliver: Deliver,
  ) {
    this.#service = service;
    this.#options = options;
    this.#stickyName = stickyName;
    this.#slots = slots;
    this.#normal = this.#loops(false, deliver);
    this.#sticky = stickyName === undefined ? undefined : this.#loops(true, deliver);
  }

  start(): void {
    this.#normal.start();
    this.#sticky?.start();
  }

  /** Ends polling; resolves once no poll is out. */
  async stop(): Promise<void> {
    const stopped = Promise.all([this.#normal.stop(), this.#sticky?.stop()]);
    this.#wake();
    await stopped;
  }

  #loops(isSticky: boolean, deliver: Deliver): PollLoops<PolledWorkflowTask> {
    const { clock, log } = this.#options;
    return new PollLoops<PolledWorkflowTask>({
      name: isSticky ? 'sticky workflow tasks' : 'workflow tasks',
      behavior: this.#share(isSticky),
      clock,
      log,
      acquire: async (signal) => {
        await this.#turn(isSticky, signal);
        return await this.#slots.acquire(isSticky, signal);
      },
      poll: async (signal) => {
        try {
          return await this.#poll(isSticky, signal);
        } finally {
          queueMicrotask(() => this.#wake());
        }
      },
      deliver,
    });
  }

  /** With a fixed number of pollers, the two queues share it. */
  #share(isSticky: boolean): native.PollerBehavior {
    const behavior = this.#options.workflowPolling;
    if (behavior.type !== 'simple-maximum' || this.#stickyName === undefined) return behavior;
    const normal = Math.max(1, Math.trunc(behavior.maximum * this.#options.nonStickyToStickyPollRatio));
    return { type: 'simple-maximum', maximum: isSticky ? Math.max(1, behavior.maximum - normal) : normal };
  }

  async #poll(
    isSticky: boolean,
    signal: AbortSignal,
  ): Promise<{ task: PolledWorkflowTask | undefined; scaleBy: number }> {
    const { namespace, taskQueue, identity, instanceKey: workerInstanceKey, version } = this.#options;
    const queue =
      isSticky && this.#stickyName !== undefined
        ? { name: this.#stickyName, kind: TaskQueueKind.TASK_QUEUE_KIND_STICKY, normalName: taskQueue }
        : { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL };
    const request = { namespace, taskQueue: queue, identity, workerInstanceKey, ...pollVersionOf(version) };
    const response = await this.#service.pollWorkflowTaskQueue(request, { signal });
    if (isSticky) this.#stickyBacklog = toNumber(response.backlogCountHint);
    const scaleBy = response.pollerScalingDecision?.pollRequestDeltaSuggestion ?? 0;
    return { task: response.taskToken?.length ? response : undefined, scaleBy };
  }

  /** Waits until a poll of this kind would not take the last slot from the other kind. */
  async #turn(isSticky: boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#mayPoll(isSticky)) {
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
      });
    }
  }

  #mayPoll(isSticky: boolean): boolean {
    const limit = this.#slots.limit;
    if (limit === undefined || this.#sticky === undefined) return true;
    const sticky = this.#sticky.active;
    const normal = this.#normal.active;
    const [own, other] = isSticky ? [sticky, normal] : [normal, sticky];
    if (own === 0) return true;
    if (other === 0 && own + 1 >= limit) return false;
    if (this.#stickyBacklog > 1 && this.#stickyBacklog > sticky) return isSticky;
    return sticky + normal < limit;
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

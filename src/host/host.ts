import type { ResourceLimits } from 'node:worker_threads';
import type { Logger } from '@temporalio/common';
import {
  type CompiledWorkerOptions,
  native,
  OfficialWorker,
  type PatchActivationCallback,
  type Workflow,
  type WorkflowBundleWithSourceMapAndFilename,
  type WorkflowCreateOptions,
  type WorkflowCreator,
} from '../official.ts';
import { HostedWorkflow } from './hosted-workflow.ts';
import { createInlineRealm } from './inline.ts';
import { ThreadPool } from './thread-pool.ts';

export { isReplayRequest } from './replay-request.ts';

/** How workflow code is hosted. */
export interface WorkflowHostOptions {
  /** Worker threads; default 2. With 0, workflows run on the calling thread, where nothing limits their time and memory: for tests. */
  readonly threads?: number;
  /** How long one activation may keep its thread, in milliseconds; default 5000. */
  readonly isolateExecutionTimeoutMs?: number;
  /** Activity types of the worker, for local activities; default none. */
  readonly registeredActivityNames?: ReadonlySet<string>;
  /** Receives warnings; default none. */
  readonly logger?: Logger;
  /** Decides about patches, as the worker option of this name. */
  readonly patchActivationCallback?: PatchActivationCallback | undefined;
  /**
   * Promise hooks, which `__stack_trace` queries need and which make everything several times slower. `"on-demand"` (default): such a query
   * asks for a replay of its run (see `isReplayRequest`), which then happens in a thread with hooks. `true`: always. `false`: such
   * queries fail.
   */
  readonly stackTraces?: boolean | 'on-demand';
  /** Memory limits of each thread; default those of Node. A thread beyond them is stopped like one that takes too long. */
  readonly resourceLimits?: ResourceLimits;
  /** The clock, in nanoseconds since the epoch, behind log timestamps and `workflowInfo().unsafe.now()`; default the wall clock. */
  readonly getTimeOfDay?: () => bigint;
  /** Told after a thread was stopped, with the ids of the runs that lived there: their next activation asks for a replay. */
  readonly onThreadLost?: (lost: LostThread) => void;
}

/** A thread that was stopped. */
export interface LostThread {
  readonly reason: string;
  readonly runIds: readonly string[];
}

const MAX_REMEMBERED_QUERIES = 1000;

/**
 * Hosts workflow code: what the official worker's `ThreadedVMWorkflowCreator` does, several times faster, with the same isolation of
 * runs from each other. Rejects if the bundle cannot be loaded.
 *
 * The main thread supervises. When a thread stays in one activation for too long, or runs out of memory, it is stopped and replaced: that
 * activation's completion is a failed task, and every other activation of runs that lived there, under way or later, is answered by
 * a completion that asks for eviction and replay (`isReplayRequest`).
 */
export async function createWorkflowHost(
  bundle: WorkflowBundleWithSourceMapAndFilename,
  options: WorkflowHostOptions = {},
): Promise<WorkflowCreator> {
  const { threads = 2, registeredActivityNames, getTimeOfDay, patchActivationCallback } = options;
  const common = {
    bundle,
    registeredActivityNames: new Set(registeredActivityNames),
    patchActivationCallback,
    getTimeOfDay,
  };
  const now = getTimeOfDay === undefined ? undefined : (): number => toMs(getTimeOfDay());
  if (threads === 0) {
    const realm = await createInlineRealm({ ...common, stackTraces: options.stackTraces === true });
    return {
      createWorkflow: async (create) => new HostedWorkflow({ lane: realm.lane, create, now: now ?? wallClock }),
      destroy: async () => realm.close(),
    };
  }
  const pool = new ThreadPool({
    ...common,
    threads,
    isolateExecutionTimeoutMs: options.isolateExecutionTimeoutMs ?? 5000,
    stackTraces: options.stackTraces === true,
    logger: options.logger,
    resourceLimits: options.resourceLimits,
    onThreadLost: options.onThreadLost,
  });
  await pool.start();
  const traced = options.stackTraces ?? 'on-demand';
  return new ThreadedHost(pool, traced === 'on-demand', now ?? wallClock);
}

/**
 * For `createWorkflowCreator` of a subclass of the official worker: hosts as the worker's options say. Workers that ask for debugging, or for a
 * V8 context per run (`reuseV8Context: false`), get the official creator, for they want its ways.
 */
export async function createWorkflowCreator(
  bundle: WorkflowBundleWithSourceMapAndFilename,
  worker: CompiledWorkerOptions,
  logger: Logger,
  more: WorkflowHostOptions = {},
): Promise<WorkflowCreator> {
  if (worker.debugMode || !(worker.reuseV8Context ?? true))
    return OfficialWorker.createWorkflowCreator(bundle, worker, logger);
  return createWorkflowHost(bundle, {
    threads: worker.workflowThreadPoolSize,
    isolateExecutionTimeoutMs: worker.isolateExecutionTimeoutMs,
    registeredActivityNames: new Set(worker.activities.keys()),
    patchActivationCallback: worker.patchActivationCallback,
    logger,
    ...more,
  });
}

class ThreadedHost implements WorkflowCreator {
  readonly #pool: ThreadPool;
  readonly #onDemand: boolean;
  readonly #now: () => number;
  /** Runs to be placed on a thread with promise hooks when they are created again. */
  readonly #toTrace = new Set<string>();

  constructor(pool: ThreadPool, onDemand: boolean, now: () => number) {
    this.#pool = pool;
    this.#onDemand = onDemand;
    this.#now = now;
  }

  async createWorkflow(create: WorkflowCreateOptions): Promise<Workflow> {
    const { runId } = create.info;
    const traced = this.#toTrace.delete(runId);
    const lane = this.#pool.place(runId, traced);
    const canTrace = !this.#onDemand || traced;
    const onStackTraceQuery = canTrace ? undefined : (): void => this.#trace(runId);
    return new HostedWorkflow({ lane, create, now: this.#now, onStackTraceQuery });
  }

  async destroy(): Promise<void> {
    await this.#pool.close();
  }

  #trace(runId: string): void {
    if (this.#toTrace.size >= MAX_REMEMBERED_QUERIES) this.#toTrace.clear();
    this.#toTrace.add(runId);
  }
}

function toMs(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}

function wallClock(): number {
  return toMs(native.getTimeOfDay());
}

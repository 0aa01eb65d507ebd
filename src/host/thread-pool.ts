import { performance } from 'node:perf_hooks';
import type { ResourceLimits } from 'node:worker_threads';
import type { Logger } from '@temporalio/common';
import type { PatchActivationCallback, WorkflowBundleWithSourceMapAndFilename } from '../official.ts';
import type { Lane } from './lane.ts';
import { WorkflowThread } from './workflow-thread.ts';

/** What a pool is made of. */
export interface ThreadPoolOptions {
  readonly bundle: WorkflowBundleWithSourceMapAndFilename;
  readonly registeredActivityNames: Set<string>;
  readonly threads: number;
  readonly isolateExecutionTimeoutMs: number;
  readonly stackTraces: boolean;
  readonly logger?: Logger | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly patchActivationCallback?: PatchActivationCallback | undefined;
  readonly getTimeOfDay?: (() => bigint) | undefined;
  readonly onThreadLost?: ((lost: { reason: string; runIds: readonly string[] }) => void) | undefined;
}

/** The watchdog looks ten times within the limit, within these bounds, in milliseconds. */
const WATCH_EVERY = { least: 10, most: 250 };

const MAX_SUSPECTS = 1000;

/** The threads of a host, watched and replaced. */
export class ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #threads: (WorkflowThread | undefined)[];
  /** The thread with promise hooks, started when first needed. */
  #traced: WorkflowThread | undefined;
  /** The thread for runs that cost one before, so that they cannot cost the others theirs again and again; started when first needed. */
  #quarantine: WorkflowThread | undefined;
  readonly #suspects = new Set<string>();
  readonly #watchdog: NodeJS.Timeout;
  #closed = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.threads }, () => this.#spawn(options.stackTraces));
    const { least, most } = WATCH_EVERY;
    const period = Math.max(least, Math.min(most, options.isolateExecutionTimeoutMs / 10));
    this.#watchdog = setInterval(() => this.#watch(), period).unref();
  }

  /** Resolves when all threads have loaded the bundle. If one cannot, stops all and rejects. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#all().map((thread) => thread.ready));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The lane for a new run: that of the thread with the fewest runs, unless it needs promise hooks or cost a thread before. */
  place(runId: string, traced: boolean): Lane {
    if (this.#closed) throw new Error('The workflow host was destroyed');
    if (traced && !this.#options.stackTraces) {
      this.#traced ??= this.#spawn(true);
      return this.#traced.lane;
    }
    if (this.#suspects.delete(runId)) {
      this.#quarantine ??= this.#spawn(this.#options.stackTraces);
      return this.#quarantine.lane;
    }
    let best: WorkflowThread | undefined;
    for (const [index, thread] of this.#threads.entries()) {
      const candidate = thread ?? this.#spawn(this.#options.stackTraces);
      this.#threads[index] = candidate;
      if (best === undefined || candidate.lane.load < best.lane.load) best = candidate;
    }
    if (best === undefined) throw new Error('A workflow host needs at least one thread');
    return best.lane;
  }

  /** Stops all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchdog);
    await Promise.all(this.#all().map((thread) => thread.close()));
  }

  #all(): WorkflowThread[] {
    return [...this.#threads, this.#traced, this.#quarantine].filter((thread) => thread !== undefined);
  }

  #watch(): void {
    const now = performance.now();
    for (const thread of this.#all()) if (thread.lane.busy) thread.watch(now);
  }

  #spawn(stackTraces: boolean): WorkflowThread {
    return new WorkflowThread({
      ...this.#options,
      stackTraces,
      onLost: (thread, reason, culprit) => this.#lost(thread, reason, culprit),
    });
  }

  #lost(thread: WorkflowThread, reason: string, culprit: string | undefined): void {
    const { logger, onThreadLost } = this.#options;
    const runIds = thread.lane.runIds;
    logger?.warn('A workflow thread was stopped; its runs are replayed', { reason, runs: runIds.length });
    if (culprit !== undefined) {
      if (this.#suspects.size >= MAX_SUSPECTS) this.#suspects.clear();
      this.#suspects.add(culprit);
    }
    if (thread === this.#traced) this.#traced = undefined;
    if (thread === this.#quarantine) this.#quarantine = undefined;
    const index = this.#threads.indexOf(thread);
    // A thread that could not even load the bundle is only tried again when a run needs it.
    if (index >= 0)
      this.#threads[index] = thread.isReady && !this.#closed ? this.#spawn(this.#options.stackTraces) : undefined;
    onThreadLost?.({ reason, runIds });
  }
}

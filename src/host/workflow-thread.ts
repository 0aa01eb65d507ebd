import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Logger } from '@temporalio/common';
import {
  completePatchActivationCallback,
  invokePatchActivationCallbackWithSnapshot,
  type PatchActivationCallback,
  type WorkflowBundleWithSourceMapAndFilename,
  writePatchActivationCallbackError,
  writePatchActivationCallbackResult,
} from '../official.ts';
import { Lane } from './lane.ts';
import type { FromThread, PatchQuestion, StateNotice, ThreadSetup } from './messages.ts';

/** What a thread is made of; the same for all threads of a host, but for the hooks. */
export interface WorkflowThreadOptions {
  readonly bundle: WorkflowBundleWithSourceMapAndFilename;
  readonly registeredActivityNames: Set<string>;
  readonly isolateExecutionTimeoutMs: number;
  readonly stackTraces: boolean;
  readonly logger?: Logger | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly patchActivationCallback?: PatchActivationCallback | undefined;
  readonly getTimeOfDay?: (() => bigint) | undefined;
  /** Called once, after the thread ended without being asked to. */
  readonly onLost: (thread: WorkflowThread, reason: string, culpritRunId: string | undefined) => void;
}

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/** One worker thread as the main thread sees it: its lane, and supervision. */
export class WorkflowThread {
  readonly lane: Lane;
  /** Resolves when the bundle is loaded; rejects if it cannot be. */
  readonly ready: Promise<void>;
  readonly #options: WorkflowThreadOptions;
  readonly #worker: Worker;
  readonly #progress: Int32Array;
  readonly #started = deferred();
  readonly #closed = deferred();
  #isReady = false;
  #closing = false;
  #reason = 'Workflow Worker Thread exited prematurely';
  /** The activation that the watchdog saw last, and since when, in milliseconds of the monotonic clock. */
  #watched: { id: number; since: number } = { id: 0, since: 0 };

  constructor(options: WorkflowThreadOptions) {
    this.#options = options;
    const progress = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#progress = new Int32Array(progress);
    const { bundle, registeredActivityNames, stackTraces } = options;
    const workerData: ThreadSetup = {
      bundle,
      registeredActivityNames,
      stackTraces,
      progress,
      asksAboutPatches: options.patchActivationCallback !== undefined,
      clockGiven: options.getTimeOfDay !== undefined,
    };
    this.#worker = new Worker(ENTRY, {
      workerData,
      name: 'perdure-workflows',
      ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
    });
    this.lane = new Lane((batch) => this.#worker.postMessage(batch), options.getTimeOfDay);
    this.ready = this.#started.promise;
    this.ready.catch(() => undefined);
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('error', (error) => {
      this.#reason = `Workflow Worker Thread exited prematurely: ${error}`;
    });
    this.#worker.on('exit', () => this.#exited());
  }

  /** Whether the bundle was loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Looks at the thread: one that stays in an activation for too long is stopped. `now` is in milliseconds, monotonic. */
  watch(now: number): void {
    const id = Atomics.load(this.#progress, 0);
    if (id === 0 || id !== this.#watched.id || this.#closing) {
      this.#watched = { id, since: now };
      return;
    }
    const limit = this.#options.isolateExecutionTimeoutMs;
    if (now - this.#watched.since < limit) return;
    this.#watched = { id, since: Infinity };
    this.#reason = `Script execution timed out after ${limit}ms`;
    void this.#worker.terminate();
  }

  /** Lets the bundle release what it holds, then stops the thread. */
  async close(): Promise<void> {
    if (this.lane.lost) return;
    this.#closing = true;
    this.#worker.postMessage({ kind: 'close' });
    const timer = setTimeout(this.#closed.resolve, this.#options.isolateExecutionTimeoutMs);
    await this.#closed.promise;
    clearTimeout(timer);
    await this.#worker.terminate();
  }

  #receive(message: FromThread): void {
    if (message.kind === 'results') this.lane.receive(message);
    else if (message.kind === 'patch') this.#answer(message);
    else this.#notify(message);
  }

  #notify({ kind, error }: StateNotice): void {
    if (kind === 'closed') this.#closed.resolve();
    if (kind === 'ready') {
      this.#isReady = true;
      this.#started.resolve();
    }
    if (kind !== 'failed') return;
    const failure = new Error(error?.message ?? 'A workflow thread could not start');
    if (error?.stack !== undefined) failure.stack = error.stack;
    this.#reason = failure.message;
    this.#started.reject(failure);
  }

  #exited(): void {
    this.#started.reject(new Error(this.#reason));
    this.#closed.resolve();
    // A thread that never started would not start for a replay either: then every task fails.
    const culprit = this.lane.lose(this.#isReady ? Atomics.load(this.#progress, 0) : 'all', this.#reason);
    if (!this.#closing) this.#options.onLost(this, this.#reason, culprit);
  }

  /** Answers a `patched()` of workflow code; the thread is blocked meanwhile. */
  #answer({ workflowInfo, patchId, resultBuffer }: PatchQuestion): void {
    const callback = this.#options.patchActivationCallback;
    try {
      if (callback === undefined) throw new Error('No patchActivationCallback was configured');
      const answer = invokePatchActivationCallbackWithSnapshot(callback, workflowInfo, patchId);
      writePatchActivationCallbackResult(resultBuffer, answer);
    } catch (error) {
      writePatchActivationCallbackError(resultBuffer, error);
      const { workflowId, runId, workflowType } = workflowInfo;
      const attributes = { error, workflowId, runId, workflowType, patchId };
      this.#options.logger?.warn('Patch activation callback failed', attributes);
    } finally {
      completePatchActivationCallback(resultBuffer);
    }
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function deferred(): Deferred {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

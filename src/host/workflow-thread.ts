import type { ResourceLimits } from 'node:worker_threads';
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
import type { FromThread, PatchQuestion, StateNotice } from './messages.ts';
import { endThread, leaveThread, takeThread, type Thread } from './spare-threads.ts';

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

/** One worker thread as the main thread sees it: its lane, and supervision. */
export class WorkflowThread {
  readonly lane: Lane;
  /** Resolves when the bundle is loaded; rejects if it cannot be. */
  readonly ready: Promise<void>;
  readonly #options: WorkflowThreadOptions;
  readonly #thread: Thread;
  readonly #started = deferred();
  #isReady = false;
  #closing = false;
  #reason = 'Workflow Worker Thread exited prematurely';
  /** The activation that the watchdog saw last, and since when, in milliseconds of the monotonic clock. */
  #watched: { id: number; since: number } = { id: 0, since: 0 };

  constructor(options: WorkflowThreadOptions) {
    this.#options = options;
    const { bundle, registeredActivityNames, stackTraces, resourceLimits } = options;
    const { thread, isUsed } = takeThread({
      bundle,
      registeredActivityNames,
      stackTraces,
      resourceLimits,
      asksAboutPatches: options.patchActivationCallback !== undefined,
      clockGiven: options.getTimeOfDay !== undefined,
    });
    const { worker } = thread;
    this.#thread = thread;
    this.lane = new Lane((batch) => worker.postMessage(batch), options.getTimeOfDay);
    this.ready = this.#started.promise;
    this.ready.catch(() => undefined);
    worker.on('message', (message: FromThread) => this.#receive(message));
    worker.on('error', (error) => {
      this.#reason = `Workflow Worker Thread exited prematurely: ${error}`;
    });
    worker.on('exit', () => this.#exited());
    if (isUsed) this.#notify({ kind: 'ready' });
  }

  /** Whether the bundle was loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Looks at the thread: one that stays in an activation for too long is stopped. `now` is in milliseconds, monotonic. */
  watch(now: number): void {
    const id = Atomics.load(this.#thread.progress, 0);
    if (id === 0 || id !== this.#watched.id || this.#closing) {
      this.#watched = { id, since: now };
      return;
    }
    const limit = this.#options.isolateExecutionTimeoutMs;
    if (now - this.#watched.since < limit) return;
    this.#watched = { id, since: Infinity };
    this.#reason = `Script execution timed out after ${limit}ms`;
    void this.#thread.worker.terminate();
  }

  /** Ends the use of the thread. One that is in order is kept for others for a while; any other is stopped. */
  async close(): Promise<void> {
    if (this.lane.lost) return;
    this.#closing = true;
    // The last runs' ends are on their way.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.lane.lost) return;
    if (this.#isReady && this.lane.load === 0 && !this.lane.busy) await leaveThread(this.#thread);
    else await endThread(this.#thread, this.#options.isolateExecutionTimeoutMs);
  }

  #receive(message: FromThread): void {
    if (message.kind === 'results') this.lane.receive(message);
    else if (message.kind === 'patch') this.#answer(message);
    else this.#notify(message);
  }

  #notify({ kind, error }: StateNotice): void {
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
    // A thread that never started would not start for a replay either: then every task fails.
    const culprit = this.lane.lose(this.#isReady ? Atomics.load(this.#thread.progress, 0) : 'all', this.#reason);
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

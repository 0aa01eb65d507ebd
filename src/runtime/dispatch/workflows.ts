import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { RunCache } from '../../core/activations/run-cache.ts';
import type { CompletionOutcome, HistoryPager, RunOutput, WorkflowTask } from '../../core/activations/workflow-task.ts';
import type { WorkflowServiceApi } from '../service.ts';
import { AsyncQueue } from './async-queue.ts';
import type { EagerRoom } from '../eager-starts.ts';
import type { LocalActivities } from './local-activities.ts';
import type { DispatchOptions } from './options.ts';
import { createSlotPool } from './slot-pools.ts';
import type { Slot, SlotPool } from './slots.ts';
import { type EagerActivities, TaskReporter } from './task-reporter.ts';
import { type PolledWorkflowTask, WorkflowPoller } from './workflow-poller.ts';
import { WorkflowTaskSource } from './workflow-tasks.ts';

const { WorkflowActivation } = proto.coresdk.workflow_activation;
const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;

type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** What the workflow side of a worker works with. */
export interface WorkflowsContext {
  /** The worker's own task queue, when it keeps runs in memory. */
  readonly stickyName: string | undefined;
  readonly eager: EagerActivities | undefined;
  readonly locals: LocalActivities | undefined;
}

/** The workflow side of a worker: workflow tasks in, activations out; completions in, answers to the server out. */
export class Workflows {
  readonly #options: DispatchOptions;
  readonly #cache: RunCache;
  readonly #source: WorkflowTaskSource;
  readonly #reporter: TaskReporter;
  readonly #poller: WorkflowPoller;
  readonly #slots: SlotPool;
  readonly #locals: LocalActivities | undefined;
  readonly #activations = new AsyncQueue<Buffer>();
  #started = false;
  #stopped: Promise<void> | undefined;

  constructor(service: WorkflowServiceApi, options: DispatchOptions, { stickyName, eager, locals }: WorkflowsContext) {
    const { maxCachedWorkflows, version } = options;
    const deploymentVersion = { deploymentName: version.deploymentName, buildId: version.buildId };
    this.#options = options;
    this.#locals = locals;
    this.#source = new WorkflowTaskSource(service, options);
    this.#reporter = new TaskReporter(service, options, stickyName, eager);
    this.#cache = new RunCache(
      { ...options, maxCachedWorkflows, deploymentVersion, locals },
      {
        output: (runId, output) => this.#onOutput(runId, output),
        fetchFromStart: (task) => void this.#fetchFromStart(task),
        fetchPage: (runId, pager) => void this.#fetchPage(runId, pager),
        drained: () => {
          this.#activations.close(options.shutdownError);
          locals?.workflowsEnded();
        },
      },
    );
    locals?.listen({
      ended: (runId, resolution) => this.#cache.localActivityEnded(runId, resolution),
      heartbeatDue: (runId) => this.#cache.heartbeatDue(runId),
      givenUp: (runId) =>
        this.#cache.evict(runId, { message: 'Worker is shutting down', reason: EvictionReason.UNSPECIFIED }),
    });
    const context = {
      slotType: 'workflow' as const,
      taskQueue: options.taskQueue,
      workerIdentity: options.identity,
      deploymentVersion,
    };
    const cap = maxCachedWorkflows > 0 ? Math.max(2, maxCachedWorkflows) : undefined;
    this.#slots = createSlotPool(options.workflowSlots, context, options, cap);
    this.#poller = new WorkflowPoller(service, options, stickyName, this.#slots, (task, slot) => {
      void this.#onPolled(task, slot);
    });
  }

  /** The next activation, encoded. Rejects with the shutdown error once everything is drained. */
  poll(): Promise<Buffer> {
    if (!this.#started && !this.#stopped) {
      this.#started = true;
      this.#poller.start();
    }
    return this.#activations.take();
  }

  /** Takes the answer to an activation. Resolves when the server was told what it had to be told. Never rejects. */
  async complete(completion: Completion, auto = false): Promise<void> {
    const runId = completion.runId ?? '';
    const outcome = await new Promise<CompletionOutcome>((resolve) => {
      this.#cache.complete(completion, auto, resolve);
    });
    const release = this.#cache.taskOf(runId)?.release;
    const { report, nextTask, evict } = await this.#reporter.report(outcome, this.#locals?.nonFirstAttempts(runId));
    if (evict !== undefined) this.#cache.evict(runId, { message: 'Error reporting WFT to server', reason: evict });
    const next = nextTask && release ? await this.#prepareNext(runId, nextTask, release) : undefined;
    this.#cache.afterReport(runId, report, next, auto);
  }

  /** Room for a task that comes by another way than polling; `undefined` when there is none now. */
  reserve(): EagerRoom | undefined {
    const slot = this.#started && !this.#stopped ? this.#slots.tryAcquire(false) : undefined;
    if (slot === undefined) return undefined;
    this.#cache.expect();
    return {
      use: (task) => {
        if (task === undefined) slot.release();
        else void this.#onPolled(task, slot);
        this.#cache.expectedNothing();
      },
    };
  }

  /** Stops polling. What is under way goes on; polls end when it is done. */
  initiateShutdown(): void {
    this.#stopped ??= this.#poller.stop().then(() => this.#cache.beginShutdown());
  }

  /** Resolves once no poll is out. */
  async finalizeShutdown(): Promise<void> {
    this.initiateShutdown();
    await this.#stopped;
    this.#activations.close(this.#options.shutdownError);
  }

  async #onPolled(polled: PolledWorkflowTask, slot: Slot): Promise<void> {
    const endHold = this.#options.clock.hold('workflowTask');
    const release = (): void => {
      endHold();
      slot.release();
    };
    const runId = polled.workflowExecution?.runId ?? '';
    this.#cache.expect();
    try {
      const task = await this.#source.prepare(polled, release);
      const { workflowType } = task;
      slot.markUsed({ type: 'workflow', workflowType, isSticky: (task.update.firstEventId ?? 2) > 1 });
      this.#cache.receiveExpected(task);
    } catch (error) {
      await this.#onUnusable(runId, polled.taskToken, release, error);
    }
  }

  async #fetchFromStart(task: WorkflowTask): Promise<void> {
    try {
      this.#cache.receiveExpected(await this.#source.fromStart(task));
    } catch (error) {
      await this.#onUnusable(task.runId, task.taskToken, task.release, error);
    }
  }

  /** A task whose history cannot be had is failed at once, so that it is tried again. */
  async #onUnusable(
    runId: string,
    taskToken: Uint8Array | null | undefined,
    release: () => void,
    error: unknown,
  ): Promise<void> {
    const message = `Fetching history failed: ${String(error)}`;
    await this.#reporter.failUnstarted(taskToken ?? new Uint8Array(), message);
    release();
    this.#cache.expectedFailed(runId, message);
  }

  async #fetchPage(runId: string, pager: HistoryPager): Promise<void> {
    try {
      this.#cache.resumeWithPage(runId, await pager.nextUpdate());
    } catch (error) {
      this.#cache.expectedFailed(runId, `Fetching history failed: ${String(error)}`);
    }
  }

  async #prepareNext(
    runId: string,
    polled: PolledWorkflowTask,
    release: () => void,
  ): Promise<WorkflowTask | undefined> {
    try {
      return await this.#source.prepare(polled, release);
    } catch (error) {
      const message = `Failed to paginate workflow task from completion: ${String(error)}`;
      this.#cache.evict(runId, { message, reason: EvictionReason.FATAL });
      return undefined;
    }
  }

  #onOutput(runId: string, output: RunOutput): void {
    if (output.kind === 'activation') {
      const encoded = WorkflowActivation.encode(output.activation).finish();
      this.#activations.push(Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength));
      return;
    }
    const completion = output.kind === 'autocomplete' ? { runId, successful: {} } : { runId, failed: output.failure };
    queueMicrotask(() => void this.complete(completion, true));
  }
}

import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { createNativeWorker } from '../../src/runtime/dispatch/native-worker.ts';
import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import type { Ledger } from './ledger.ts';
import { decode, encode, Flow } from './flow.ts';
import type { ActivityPlan } from './program.ts';
import { Owner } from './world.ts';
import type { World } from './world.ts';

const { WorkflowActivationCompletion } = proto.coresdk.workflow_completion;
const { WorkflowActivation } = proto.coresdk.workflow_activation;
const { ActivityTask } = proto.coresdk.activity_task;
const { ActivityHeartbeat, ActivityTaskCompletion } = proto.coresdk;

type Native = ReturnType<typeof createNativeWorker>;
type Execution = coresdk.activity_result.IActivityExecutionResult;

/** A worker: the real dispatcher, with programs for workflows. */
export class ModelWorker {
  readonly owner: Owner;
  readonly #world: World;
  readonly #native: Native;
  readonly #flows = new Map<string, Flow>();
  /** How to cancel the activities that run, by task token. */
  readonly #running = new Map<string, () => void>();
  readonly #ledger: Ledger;

  constructor(world: World, name: string, service: (owner: Owner) => WorkflowServiceApi, ledger: Ledger) {
    this.owner = new Owner(world, name);
    this.#world = world;
    this.#ledger = ledger;
    this.#native = createNativeWorker(service(this.owner), this.#options(name));
    void this.#workflows();
    void this.#activities();
  }

  #options(identity: string): Parameters<typeof createNativeWorker>[1] {
    const { random } = this.#world;
    const polling = { type: 'simple-maximum', maximum: 2 } as const;
    return {
      clock: this.owner.clock,
      log: {
        debug: () => undefined,
        warn: (message) => this.#world.note(`${identity}: ${message}`),
      },
      newId: random.uuid,
      shutdownError: () => new Error('shut down'),
      sdkName: 'simulation',
      sdkVersion: '1.0.0',
      namespace: 'default',
      taskQueue: 'work',
      identity,
      instanceKey: 'only',
      version: { deploymentName: '', buildId: identity, useVersioning: false, defaultBehavior: 0 },
      enableWorkflows: true,
      enableActivities: true,
      enableLocalActivities: true,
      // A small cache, or none: most runs are replayed now and then.
      maxCachedWorkflows: random.pick([0, 2, 10]),
      workflowSlots: { type: 'fixed-size', numSlots: 4 },
      activitySlots: { type: 'fixed-size', numSlots: 4 },
      localActivitySlots: { type: 'fixed-size', numSlots: 4 },
      resources: undefined,
      workflowPolling: polling,
      activityPolling: polling,
      nonStickyToStickyPollRatio: 0.5,
      stickyScheduleToStartTimeout: 3000,
      maxHeartbeatThrottleInterval: 60_000,
      defaultHeartbeatThrottleInterval: 30_000,
      maxActivitiesPerSecond: undefined,
      maxTaskQueueActivitiesPerSecond: undefined,
      maxEagerActivitiesPerTask: 2,
      shutdownGraceTime: 1000,
      failsOnNondeterminism: () => false,
    };
  }

  /** Ends as a worker should. */
  async shutDown(): Promise<void> {
    await this.#native.finalizeShutdown();
  }

  async #workflows(): Promise<void> {
    for (;;) {
      const bytes = await this.#native.pollWorkflowActivation().catch(() => undefined);
      if (bytes === undefined) return;
      await this.#world.gate(this.owner, 'activates', 0.3);
      const completion = WorkflowActivationCompletion.encodeDelimited(this.#activate(bytes)).finish();
      void this.#native.completeWorkflowActivation(Buffer.from(completion));
    }
  }

  #activate(bytes: Buffer): coresdk.workflow_completion.IWorkflowActivationCompletion {
    const activation = WorkflowActivation.decode(bytes);
    const { runId, jobs } = activation;
    const eviction = jobs.find(({ removeFromCache }) => removeFromCache)?.removeFromCache;
    if (eviction) {
      this.#flows.delete(runId);
      if (eviction.reason === proto.coresdk.workflow_activation.RemoveFromCache.EvictionReason.NONDETERMINISM)
        this.#ledger.problems.push(`${runId}: ${eviction.message}`);
      return { runId, successful: {} };
    }
    const flow = this.#flows.get(runId) ?? new Flow();
    this.#flows.set(runId, flow);
    try {
      return { runId, successful: { commands: flow.activate(activation) } };
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'poison')
        this.#ledger.problems.push(`${runId}: ${String(error)}`);
      return { runId, failed: { failure: { message: String(error), applicationFailureInfo: {} } } };
    }
  }

  async #activities(): Promise<void> {
    for (;;) {
      const bytes = await this.#native.pollActivityTask().catch(() => undefined);
      if (bytes === undefined) return;
      const task = ActivityTask.decode(bytes);
      const key = Buffer.from(task.taskToken).toString('base64');
      if (task.cancel) this.#running.get(key)?.();
      else if (task.start) void this.#execute(task.taskToken, key, task.start);
    }
  }

  async #execute(taskToken: Uint8Array, key: string, start: coresdk.activity_task.IStart): Promise<void> {
    const plan = decode(start.input?.[0]) as ActivityPlan;
    const how = plan.bad[(start.attempt ?? 1) - 1] ?? 'works';
    const cancelled = new Promise<Execution>((resolve) => {
      this.#running.set(key, () =>
        resolve({ cancelled: { failure: { message: 'cancelled', canceledFailureInfo: {} } } }),
      );
    });
    const name = `${start.workflowExecution?.runId}/${start.activityId}/${start.attempt}`;
    if (start.isLocal) this.#ledger.locals.add(name);
    const result = await Promise.race([cancelled, this.#work(taskToken, plan, how, name)]);
    this.#running.delete(key);
    await this.#native.completeActivityTask(
      Buffer.from(ActivityTaskCompletion.encodeDelimited({ taskToken, result }).finish()),
    );
  }

  async #work(taskToken: Uint8Array, plan: ActivityPlan, how: string, name: string): Promise<Execution> {
    if (how === 'hangs') return new Promise(() => undefined);
    // It answers when its time is just over, or is as good as over.
    let left = how === 'answers late' ? plan.startToClose - 1 + this.#world.random.int(3) : plan.ms;
    while (plan.heartbeats && left > 1000) {
      const details = [encode(left)];
      this.#native.recordActivityHeartbeat(
        Buffer.from(ActivityHeartbeat.encodeDelimited({ taskToken, details }).finish()),
      );
      await this.owner.sleep(1000);
      left -= 1000;
    }
    await this.owner.sleep(left);
    if (how === 'works' || how === 'answers late') return { completed: { result: encode(name) } };
    const applicationFailureInfo = { type: 'Plan', nonRetryable: how === 'fails for good' };
    return { failed: { failure: { message: name, applicationFailureInfo } } };
  }
}

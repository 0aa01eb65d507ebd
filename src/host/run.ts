import type { coresdk } from '@temporalio/proto';
import type { WorkflowInfo } from '@temporalio/workflow';
import {
  type Activator,
  convertDeploymentVersion,
  IllegalStateError,
  SdkFlags,
  type SinkCall,
  suggestContinueAsNewReasonsFromProto,
  tsToMs,
  type WorkflowCreateOptionsInternal,
} from '../official-isolate.ts';
import type { Realm, Scope } from './realm.ts';
import { UnhandledRejectionError } from './unhandled-rejection-error.ts';

type Activation = coresdk.workflow_activation.WorkflowActivation;
type Job = coresdk.workflow_activation.IWorkflowActivationJob;
type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** One workflow run living in a realm. Everything here is synchronous: an activation never shares its macrotask with another. */
export class Run {
  readonly #realm: Realm;
  readonly #scope: Scope;
  readonly #activator: Activator;
  #rejection: UnhandledRejectionError | undefined;
  #answersQuery = false;

  /** Loads the workflow's modules and interceptors; throws what they throw, and if the bundle lacks the workflow type. */
  constructor(realm: Realm, options: WorkflowCreateOptionsInternal) {
    this.#realm = realm;
    this.#scope = realm.newScope();
    this.#activator = realm.call(this.#scope, 'initRuntime', options);
  }

  /** Handles one activation up to the point where all of its microtasks have run. Follow it with `conclude` in a later macrotask. */
  activate(activation: Activation): Completion {
    const queries = activation.jobs.filter((job) => job.queryWorkflow != null).length;
    this.#answersQuery = queries > 0;
    if (queries > 0 && queries < activation.jobs.length)
      return this.#fail(new TypeError('Got both queries and other jobs in a single activation'));
    // As in the official host, an error of a query's activation is the caller's, not a failure made with the run's own converter.
    if (queries > 0) return this.#answer(activation);
    try {
      return this.#handle(activation);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** The completion of an activation, once the rejections that nobody handled are known. */
  conclude(completion: Completion): Completion {
    return this.#rejection === undefined || this.#answersQuery ? completion : this.#fail(this.#rejection);
  }

  /** Records a rejection that workflow code left unhandled: the run cannot make progress any more. */
  reject(reason: unknown): void {
    this.#rejection = new UnhandledRejectionError(`Unhandled Promise rejection: ${String(reason)}`, reason);
    this.#activator.workflowTaskError = this.#rejection;
  }

  /** The sink calls since the last time. */
  takeSinkCalls(): SinkCall[] {
    return this.#activator.getAndResetSinkCalls();
  }

  /** Runs the dispose hooks; the run must not be used afterwards. */
  dispose(): void {
    this.#realm.call(this.#scope, 'dispose');
  }

  #fail(error: unknown): Completion {
    return {
      runId: this.#activator.info.runId,
      failed: { failure: this.#activator.errorToFailure(error) },
    };
  }

  #answer(activation: Activation): Completion {
    this.#activator.mutateWorkflowInfo((info) => ({
      ...info,
      unsafe: { ...info.unsafe, isReplaying: true, isReplayingHistoryEvents: false },
    }));
    this.#realm.call(this.#scope, 'activate', activation);
    return this.#realm.call(this.#scope, 'conclude');
  }

  #handle(activation: Activation): Completion {
    this.#prepare(activation);
    const start = activation.jobs.find((job) => job.initializeWorkflow != null);
    if (start?.initializeWorkflow != null) this.#realm.call(this.#scope, 'initialize', start.initializeWorkflow);
    let jobs: Job[] = activation.jobs;
    if (jobs.some((job) => job.notifyHasPatch != null)) {
      for (const { notifyHasPatch } of jobs) if (notifyHasPatch != null) this.#activator.notifyHasPatch(notifyHasPatch);
      jobs = jobs.filter((job) => job.notifyHasPatch == null);
    }
    // The flag may not be asked for without signals: asking marks it as used.
    const oneBatch =
      !jobs.some((job) => job.signalWorkflow != null) ||
      this.#activator.hasFlag(SdkFlags.ProcessWorkflowActivationJobsAsSingleBatch);
    return oneBatch ? this.#oneBatch(activation, jobs) : this.#twoBatches(activation, jobs);
  }

  #oneBatch(activation: Activation, jobs: Job[]): Completion {
    const seed = jobs.findLast((job) => job.updateRandomSeed != null)?.updateRandomSeed;
    if (seed != null) {
      this.#activator.updateRandomSeed(seed);
      jobs = jobs.filter((job) => job.updateRandomSeed == null);
    }
    this.#start(activation, jobs, 0);
    return this.#settle();
  }

  /** How SDKs before the single-batch flag did it, so that their histories replay: signals first, then all the rest. */
  #twoBatches(activation: Activation, jobs: Job[]): Completion {
    const others = jobs.filter((job) => job.signalWorkflow == null);
    this.#start(
      activation,
      jobs.filter((job) => job.signalWorkflow != null),
      0,
    );
    if (others.length > 0) {
      while (this.#realm.call(this.#scope, 'unblock') > 0);
      this.#start(activation, others, 1);
    }
    return this.#settle();
  }

  #start(activation: Activation, jobs: Job[], batchIndex: number): void {
    this.#realm.call(
      this.#scope,
      'activate',
      jobs === activation.jobs ? activation : withJobs(activation, jobs),
      batchIndex,
    );
  }

  #settle(): Completion {
    for (;;) {
      const settled = this.#realm.call(this.#scope, 'settle');
      if (typeof settled === 'object') return settled;
      if (settled === 0) return this.#realm.call(this.#scope, 'conclude');
    }
  }

  /** What the runtime has to know before the first job. */
  #prepare(activation: Activation): void {
    if (activation.timestamp == null)
      throw new TypeError('Expected activation.timestamp to be set for non-query activation');
    if (activation.jobs.length === 0) throw new IllegalStateError('Got an activation without jobs');
    const activator = this.#activator;
    activator.now = tsToMs(activation.timestamp);
    const isReplaying = activation.isReplaying;
    const deployment = activation.deploymentVersionForCurrentTask;
    const reasons = activation.suggestContinueAsNewReasons;
    activator.mutateWorkflowInfo(
      (info) =>
        ({
          ...info,
          historyLength: activation.historyLength,
          historySize: activation.historySizeBytes.toNumber(),
          continueAsNewSuggested: activation.continueAsNewSuggested,
          targetWorkerDeploymentVersionChanged: activation.targetWorkerDeploymentVersionChanged,
          suggestedContinueAsNewReasons: suggestContinueAsNewReasonsFromProto(reasons),
          currentBuildId: deployment?.buildId ?? '',
          currentDeploymentVersion: convertDeploymentVersion(deployment),
          unsafe: { ...info.unsafe, isReplaying, isReplayingHistoryEvents: isReplaying },
        }) as WorkflowInfo,
    );
    activator.addKnownFlags(activation.availableInternalFlags);
    if (activation.lastSdkVersion) activator.sdkVersion = activation.lastSdkVersion;
  }
}

/** Defaults of fields that were not sent are on the prototype. */
function withJobs(activation: Activation, jobs: Job[]): Activation {
  return Object.assign(Object.create(Object.getPrototypeOf(activation) as object), activation, { jobs }) as Activation;
}

import type { coresdk, google, temporal } from '@temporalio/proto';
import type { Command, HistoryEvent, Payload, ProtocolMessage } from '../proto.ts';
import { toMillis } from '../proto.ts';
import { cancelExternal } from './commands.ts';
import { eventId } from './events.ts';
import type { HistoryUpdate } from './history-update.ts';
import { InternalFlags } from './internal-flags.ts';
import { MachineRegistry } from './machine-registry.ts';
import { CancelExternalMachine } from './machines/external.ts';
import type { LocalActivityMachine, LocalEmitter } from './machines/local-activity.ts';
import type { Emitter, Job, Machine } from './machines/machine.ts';
import { UpdateMachine, type UpdateRequest } from './machines/update.ts';
import { fatal } from './errors.ts';
import { cancelledOutcome, type LocalActivityHost } from './local/types.ts';
import { LocalWork } from './local/work.ts';
import { randomnessSeed } from './randomness-seed.ts';

type Activation = coresdk.workflow_activation.IWorkflowActivation;
type DeploymentVersion = coresdk.common.IWorkerDeploymentVersion;
type StartedAttributes = NonNullable<HistoryEvent['workflowExecutionStartedEventAttributes']>;
type TaskStartedAttributes = NonNullable<HistoryEvent['workflowTaskStartedEventAttributes']>;
type CompletedAttributes = NonNullable<HistoryEvent['workflowTaskCompletedEventAttributes']>;

/** What the machines of every run of a worker have to know about that worker. */
export interface RunMachinesConfig {
  readonly namespace: string;
  readonly taskQueue: string;
  readonly sdkName: string;
  readonly sdkVersion: string;
  /** The version that this worker completes workflow tasks as. */
  readonly deploymentVersion: DeploymentVersion | undefined;
  /** Who runs local activities. Without it, a workflow task that asks for one fails. */
  readonly locals?: LocalActivityHost | undefined;
}

/** Settings of a worker that runs need. */
export interface ManagedRunConfig extends RunMachinesConfig {
  /** Whether a nondeterminism error fails the workflow of this type rather than its task. */
  readonly failsOnNondeterminism: (workflowType: string) => boolean;
}

/** Which run it is. */
export interface RunIdentity {
  readonly runId: string;
  readonly workflowId: string;
  readonly workflowType: string;
}

/** What is known of a run while its history is applied, and what waits to be handed over to either side. */
export class RunState {
  readonly identity: RunIdentity;
  readonly config: RunMachinesConfig;
  readonly flags: InternalFlags;
  readonly registry: MachineRegistry = new MachineRegistry();
  readonly locals: LocalWork = new LocalWork();
  /** Patches met in history or in code: id → whether a command for it was created. */
  readonly patches: Map<string, boolean> = new Map();
  /** Requests of updates that wait for their place in history. */
  pendingRequests: UpdateRequest[] = [];
  history: HistoryUpdate | undefined;
  replaying = false;
  /** The closing event was seen: there is nothing left to answer. */
  sawFinalEvent = false;
  /** A terminal command was given. */
  finished = false;
  lastProcessedEvent = 0;
  /** The started event of the workflow task that was applied last. */
  currentStartedId = 0;
  nextStartedId = 0;
  started: StartedAttributes | undefined;
  readonly searchAttributes: Record<string, Payload> = {};
  #jobs: Job[] = [];
  #time: google.protobuf.ITimestamp | undefined;
  #task: TaskStartedAttributes = {};
  #deploymentVersion: DeploymentVersion | undefined;

  constructor(identity: RunIdentity, config: RunMachinesConfig) {
    this.identity = identity;
    this.config = config;
    this.flags = new InternalFlags(config.sdkName, config.sdkVersion);
  }

  get hasPendingJobs(): boolean {
    return this.#jobs.length > 0;
  }

  /** Whether the language side has yet to hear of a local activity's end. */
  get hasPendingLocalResolution(): boolean {
    return this.#jobs.some((job) => job.resolveActivity?.isLocal);
  }

  /** The workflow's time, once it has one. */
  get time(): google.protobuf.ITimestamp | undefined {
    return this.#time;
  }

  /** Takes the pending jobs as an activation; its job list may be empty. */
  takeActivation(): Activation {
    const jobs = this.#jobs;
    this.#jobs = [];
    // An activation without jobs is about to get queries, which are always replay to the language side.
    const isReplaying = this.replaying || jobs.every((job) => job.queryWorkflow);
    if (!isReplaying) this.#deploymentVersion = this.config.deploymentVersion;
    return {
      runId: this.identity.runId,
      timestamp: this.#time ?? null,
      isReplaying,
      historyLength: this.lastProcessedEvent,
      jobs: inOrder(jobs),
      availableInternalFlags: this.flags.lang,
      historySizeBytes: this.#task.historySizeBytes ?? null,
      continueAsNewSuggested: this.#task.suggestContinueAsNew ?? false,
      suggestContinueAsNewReasons: this.#task.suggestContinueAsNewReasons ?? [],
      targetWorkerDeploymentVersionChanged: this.#task.targetWorkerDeploymentVersionChanged ?? false,
      deploymentVersionForCurrentTask: this.#deploymentVersion ?? null,
      lastSdkVersion: this.flags.lastSdkVersion,
    };
  }

  /** The commands for the server. Call only when the workflow task is really completed with them. */
  commandsToSend(): Command[] {
    this.flags.writeAllKnown();
    return this.registry.commandsToSend();
  }

  takeMessages(): ProtocolMessage[] {
    const messages = this.registry.outbox;
    this.registry.outbox = [];
    return messages;
  }

  takeMetadata(): temporal.api.sdk.v1.IWorkflowTaskCompletedMetadata {
    this.#deploymentVersion = this.config.deploymentVersion;
    return this.flags.gatherForCompletion();
  }

  /** The server discarded a speculative workflow task (its update was rejected): its events do not exist. */
  resetLastStarted(startedId: number): void {
    this.currentStartedId = startedId;
    this.lastProcessedEvent -= 2; // its scheduled and its started event
    this.registry.forgetAfter(this.lastProcessedEvent);
  }

  pushJob(job: Job): void {
    this.#jobs.push(job);
  }

  /** Time never goes backwards. */
  advanceTime(time: google.protobuf.ITimestamp): void {
    if (this.#time === undefined || (toMillis(this.#time) ?? 0) < (toMillis(time) ?? 0)) {
      this.#time = time;
    }
  }

  noteTaskStarted(attributes: TaskStartedAttributes): void {
    this.#task = attributes;
  }

  noteTaskCompleted(attributes: CompletedAttributes): void {
    this.flags.addFromCompleted(attributes);
    const version = deploymentVersionOf(attributes);
    if (version) this.#deploymentVersion = version;
  }

  /** Starts an update: the language side runs its handler. */
  startUpdate(request: UpdateRequest): void {
    if (request.sequencedAfter === undefined) {
      throw fatal('Update request messages must contain an event sequencing id!');
    }
    const machine = new UpdateMachine(request);
    this.registry.addUpdate(request.protocolInstanceId, machine);
    this.pushJob(machine.doUpdateJob(this.replaying));
  }

  /** What a machine may ask for while it handles something. */
  emitterFor(machine: Machine): Emitter {
    const { registry } = this;
    return {
      job: (job) => {
        if (!registry.isSilent(machine)) this.pushJob(job);
      },
      command: (command) => registry.add(machine, command),
      message: (message) => {
        if (!this.replaying) registry.outbox.push(message);
      },
      cancelExternal: (attributes, annotations) => {
        const cancel = new CancelExternalMachine(0);
        registry.silence(cancel);
        registry.add(cancel, cancelExternal(attributes, annotations));
      },
      taskStarted: (startedEventId, time) => {
        this.currentStartedId = startedEventId;
        this.advanceTime(time);
        if (!this.replaying) this.#startUnmarked();
      },
      workflowReset: (runId) => {
        this.pushJob({ updateRandomSeed: { randomnessSeed: randomnessSeed(runId) } });
      },
    };
  }

  /** What a local activity may ask for while something happens to it. */
  localEmitterFor(machine: LocalActivityMachine): LocalEmitter {
    const { locals, registry } = this;
    const { seq, attempt, originalScheduleTime } = machine.schedule;
    return {
      job: (job) => this.pushJob(job),
      command: (command) => registry.add(machine, command),
      advanceTime: (time) => this.advanceTime(time),
      queue: () => locals.enqueue(machine),
      abandon: () => locals.finished(seq),
      requestCancel: () => {
        const known = locals.takeKnown(seq);
        if (known) machine.recall(known, this.localEmitterFor(machine));
        else if (locals.dequeue(seq)) {
          const resolution = { seq, outcome: cancelledOutcome(), runtimeMs: 0, attempt, originalScheduleTime };
          machine.finish(resolution, this.localEmitterFor(machine));
        } else locals.enqueueCancel(seq);
      },
    };
  }

  /** Replay is over: local activities whose end history does not know have to run. */
  #startUnmarked(): void {
    for (const machine of this.locals.takeUnmarked()) machine.taskStarted(this.localEmitterFor(machine));
  }

  /** Feeds an event to its machine. */
  feed(machine: Machine, event: HistoryEvent, isLastTask: boolean): void {
    machine.handleEvent({ event, isLastTask }, this.emitterFor(machine));
    if (event.workflowTaskScheduledEventAttributes) {
      this.registry.byEventId.set(eventId(event), machine);
    }
  }
}

/** Jobs in the order in which the language side has to see them; the order of equals is kept. */
export function inOrder(jobs: readonly Job[]): Job[] {
  const rank = (job: Job): number => {
    if (job.initializeWorkflow) return 0;
    if (job.notifyHasPatch) return 1;
    if (job.updateRandomSeed) return 2;
    if (job.signalWorkflow || job.doUpdate) return 3;
    if (job.resolveActivity?.isLocal) return 5;
    if (job.queryWorkflow) return 6;
    if (job.removeFromCache) return 7;
    return 4;
  };
  return jobs.toSorted((a, b) => rank(a) - rank(b));
}

function deploymentVersionOf(attributes: CompletedAttributes): DeploymentVersion | undefined {
  const named = attributes.deploymentVersion;
  if (named) return { deploymentName: named.deploymentName ?? '', buildId: named.buildId ?? '' };
  const [name, ...build] = (attributes.workerDeploymentVersion ?? '').split('.');
  if (name && build.length > 0) return { deploymentName: name, buildId: build.join('.') };
  const buildId = attributes.workerVersion?.buildId ?? '';
  const deploymentName = attributes.workerDeploymentName ?? '';
  return buildId || deploymentName ? { deploymentName, buildId } : undefined;
}

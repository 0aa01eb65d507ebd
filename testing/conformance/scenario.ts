import type {
  Client,
  WorkflowHandle,
  WorkflowHandleWithFirstExecutionRunId,
  WorkflowService,
  WorkflowStartOptions,
} from '@temporalio/client';
import type { Workflow, WorkflowResultType } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { WorkerOptions } from '@temporalio/worker';
import type { ConformanceTarget, ConformanceWorker } from './target.ts';

/** An event of a history as the API gives it. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
/** Which workflow code a worker has: the suite's, or (`before`) the older one of the same types, see `workflows/before`. */
export type BundleName = 'current' | 'before';

/** Why a scenario is an exception. */
export interface Reason {
  /** One sentence. */
  readonly reason: string;
}

/** A weaker comparison of histories, and why. */
export interface Comparison extends Reason {
  /** `unordered`: as sets of events without ids. `none`: not at all. */
  readonly compare: 'unordered' | 'none';
}

/** Options of a start: the official ones, with the id and the task queue of the scenario when they are not given. */
export type StartOptions<T extends Workflow = Workflow> = Partial<Omit<WorkflowStartOptions<T>, 'args'>> & {
  /** Arguments of the workflow. Default: none. */
  readonly args?: Parameters<T>;
};

/** What is different about a scenario. Every deviation gives its reason. */
export interface ScenarioOptions {
  /**
   * How histories are compared with the recorded ones. Default: event by event, in order.
   * `unordered`: as sets of events without ids, for events whose order a server does not define. `none`: not at all.
   */
  readonly history?: Comparison;
  /** Histories are not replayed, for example because the scenario breaks determinism on purpose. */
  readonly noReplay?: Reason;
}

/** One thing that every target does alike. It fails by throwing. */
export interface Scenario extends ScenarioOptions {
  /** What holds, as a short sentence. Unique in its topic. */
  readonly name: string;
  /** The file it stands in, for example `activities`. */
  readonly topic: string;
  /** `topic/name-in-kebab-case`: names its golden file and its entry in `differences`. */
  readonly id: string;
  /** Does it, and throws when something is not as it should be. */
  run(t: ScenarioContext): Promise<void>;
}

/** A worker that runs until the scenario ends or stops it. */
export interface ScenarioWorker {
  /** The worker itself, which runs. */
  readonly worker: ConformanceWorker;
  /** Shuts it down and waits until it is. Safe to call twice. Rejects when the worker failed. */
  stop(): Promise<void>;
}

/** Options of a scenario's worker: the official ones. Given by the context: task queue, namespace, workflow code. */
export type ScenarioWorkerOptions = Partial<Omit<WorkerOptions, 'namespace' | 'connection'>> & {
  /** Default: `current`. */
  readonly bundle?: BundleName;
};

/** What a scenario works with. Ids are unique to this run of it, so that scenarios share a namespace. */
export interface ScenarioContext {
  /** What is tested. */
  readonly target: ConformanceTarget;
  /** The target's client. */
  readonly client: Client;
  /** A client that shares the connection of the workers. */
  readonly workerClient: Client;
  /** RPCs by hand, for ids, request ids, policies and whatever the client does not offer. See `track`. */
  readonly raw: WorkflowService;
  /** The target's namespace. */
  readonly namespace: string;
  /** A task queue for this run of the scenario alone. */
  readonly taskQueue: string;
  /** A workflow id. Equal suffixes give equal ids; without one it is new each time. */
  workflowId(suffix?: string): string;
  /** Starts a workflow on the scenario's task queue. */
  start<T extends Workflow>(
    type: T | string,
    options?: StartOptions<T>,
  ): Promise<WorkflowHandleWithFirstExecutionRunId<T>>;
  /** Starts a workflow and waits for its result. */
  execute<T extends Workflow>(type: T | string, options?: StartOptions<T>): Promise<WorkflowResultType<T>>;
  /** Creates a worker that does not run yet; who runs it ends it. */
  createWorker(options?: ScenarioWorkerOptions): Promise<ConformanceWorker>;
  /** Creates and runs a worker; it is stopped at the end. */
  startWorker(options?: ScenarioWorkerOptions): Promise<ScenarioWorker>;
  /** All events so far. */
  history(handle: Pick<WorkflowHandle, 'workflowId'>, runId?: string): Promise<HistoryEvent[]>;
  /** Types of all events so far, as `WorkflowExecutionStarted`. */
  eventTypes(handle: Pick<WorkflowHandle, 'workflowId'>, runId?: string): Promise<string[]>;
  /**
   * Says that a run belongs to the scenario, so that its history is examined. Runs started through `client`, their
   * children and their successors are known without it; those started through `raw` are not.
   */
  track(workflowId: string, runId: string): void;
  /** Waits. Milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Calls until it does not throw or return false; throws the last error after 30 s. */
  eventually<T>(check: () => T | Promise<T>): Promise<T>;
  /** Waits until the run's history has an event of this type (as `TimerStarted`), `count` times; returns its events. */
  waitForEvent(handle: Pick<WorkflowHandle, 'workflowId'>, type: string, count?: number): Promise<HistoryEvent[]>;
}

/** A scenario before it knows its topic. */
export type ScenarioDraft = Omit<Scenario, 'topic' | 'id'>;

/** Declares a scenario. `name` is a short sentence that says what holds. */
export function scenario(name: string, run: Scenario['run'], options: ScenarioOptions = {}): ScenarioDraft {
  return { name, run, ...options };
}

/** Gathers the scenarios of one file. */
export function topic(name: string, drafts: readonly ScenarioDraft[]): readonly Scenario[] {
  return drafts.map((draft) => ({ ...draft, topic: name, id: `${name}/${kebab(draft.name)}` }));
}

function kebab(sentence: string): string {
  return sentence
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

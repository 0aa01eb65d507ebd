import type { coresdk, temporal } from '@temporalio/proto';
import type { Command, Failure, HistoryEvent, ProtocolMessage } from '../proto.ts';
import type { HistoryUpdate } from './history-update.ts';
import type { UpdateRequest } from './machines/update.ts';

/** Stands for the query of a query-only workflow task, which is answered by an RPC of its own. */
export const LEGACY_QUERY_ID = 'legacy_query';

type QueryJob = coresdk.workflow_activation.IQueryWorkflow;
type Activation = coresdk.workflow_activation.IWorkflowActivation;
type EvictionReasonValue = coresdk.workflow_activation.RemoveFromCache.EvictionReason;
type LangCommand = coresdk.workflow_commands.IWorkflowCommand;
type CompletionFailure = coresdk.workflow_completion.IFailure;

/** Fetches the history that did not come with a workflow task. */
export interface HistoryPager {
  /** The next update; rejects when history cannot be fetched. */
  nextUpdate(): Promise<HistoryUpdate>;
}

/** A workflow task from the server, ready to be applied to its run. */
export interface WorkflowTask {
  readonly taskToken: Uint8Array;
  readonly attempt: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly legacyQuery: QueryJob | undefined;
  readonly queries: readonly QueryJob[];
  readonly requests: readonly UpdateRequest[];
  /** The events that came along. `update` is used up as the run goes on; these stay. */
  readonly events: readonly HistoryEvent[];
  readonly update: HistoryUpdate;
  readonly pager: HistoryPager;
  /** Gives the slot back; safe to call more than once. */
  readonly release: () => void;
  /** How many runs were lost while they worked on it. Default 0. */
  readonly restarts?: number;
}

/** The task continues a history that the worker is expected to have in its cache. */
export function isIncremental(task: WorkflowTask): boolean {
  const first = task.update.firstEventId;
  return first === undefined || first > 1;
}

/** The task brings no history, just a query. */
function isQueryOnly(task: WorkflowTask): boolean {
  return task.update.startedId === 0 && task.legacyQuery !== undefined;
}

/** The task brings just a query, about a state that the run has left behind. */
export function isExpiredQuery(task: WorkflowTask, currentStartedId: number): boolean {
  return isQueryOnly(task) && task.update.previousStartedId < currentStartedId;
}

/** What a run wants to happen next. */
export type RunOutput =
  | { readonly kind: 'activation'; readonly activation: Activation }
  /** Complete the task without asking the language side. */
  | { readonly kind: 'autocomplete' }
  /** Fail the task without asking the language side. */
  | { readonly kind: 'autofail'; readonly failure: CompletionFailure };

/** What the completion of an activation means for the server. */
export type CompletionOutcome =
  | {
      readonly kind: 'complete-task';
      readonly taskToken: Uint8Array;
      readonly attempt: number;
      readonly commands: Command[];
      readonly messages: ProtocolMessage[];
      readonly queryResults: coresdk.workflow_commands.IQueryResult[];
      readonly metadata: temporal.api.sdk.v1.IWorkflowTaskCompletedMetadata;
      readonly versioningBehavior: temporal.api.enums.v1.VersioningBehavior;
      readonly forceNewTask: boolean;
    }
  | {
      readonly kind: 'answer-query';
      readonly taskToken: Uint8Array;
      readonly result: coresdk.workflow_commands.IQueryResult;
    }
  | {
      readonly kind: 'fail-task';
      readonly taskToken: Uint8Array;
      readonly cause: temporal.api.enums.v1.WorkflowTaskFailedCause;
      readonly failure: Failure | undefined;
    }
  | {
      readonly kind: 'fail-query';
      readonly taskToken: Uint8Array;
      readonly failure: CompletionFailure;
    }
  /** Say nothing: the server times the task out, which backs off. */
  | { readonly kind: 'drop-task' }
  | { readonly kind: 'nothing' };

/** Whether the server was told, once the outcome of a completion has been dealt with. */
export type Report =
  | { readonly kind: 'reported'; readonly resetStartedTo: number | undefined }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'not-reported' };

/** Why a run leaves the cache. */
export interface Eviction {
  readonly message: string;
  readonly reason: EvictionReasonValue;
}

/** A successful answer of the language side. */
export interface Success {
  readonly commands: LangCommand[];
  readonly usedFlags: readonly number[];
  readonly versioningBehavior: temporal.api.enums.v1.VersioningBehavior;
}

/** Receives what a completion means for the server, exactly once. */
export type Reply = (outcome: CompletionOutcome) => void;

/** Workflow tasks that arrived for a run while it was busy. */
export class TaskBuffer {
  #task: WorkflowTask | undefined;
  #queries: WorkflowTask[] = [];
  #queriesForTask: WorkflowTask[] = [];

  get hasTasks(): boolean {
    return this.#task !== undefined || this.#queries.length > 0;
  }

  /** Queries pile up; of tasks with history only the newest is still valid. */
  add(task: WorkflowTask): void {
    if (isQueryOnly(task)) {
      (this.#task ? this.#queriesForTask : this.#queries).push(task);
      return;
    }
    if (this.#task) {
      this.#task.release();
      for (const query of this.#queriesForTask.splice(0)) query.release();
    }
    this.#task = task;
  }

  /** Takes the task that is to be handled next: queries about the present state first. */
  next(): WorkflowTask | undefined {
    const query = this.#queries.shift();
    if (query || !this.#task) return query;
    const queryForTask = this.#queriesForTask.shift();
    if (queryForTask) return queryForTask;
    const task = this.#task;
    this.#task = undefined;
    return task;
  }
}

import proto from '@temporalio/proto';
import type { coresdk, temporal } from '@temporalio/proto';
import { WorkflowTaskFailedCause } from '../proto.ts';
import { applicationFailure, asMachinesError, fatal, type MachinesError } from './errors.ts';
import type { HistoryUpdate } from './history-update.ts';
import { CoreFlag } from './internal-flags.ts';
import { RunMachines } from './run-machines.ts';
import { sortCommands } from './sort-commands.ts';
import type { RunIdentity, RunMachinesConfig } from './run-state.ts';
import {
  type CompletionOutcome,
  type Eviction,
  type HistoryPager,
  LEGACY_QUERY_ID,
  type Reply,
  type Report,
  type RunOutput,
  type Success,
  TaskBuffer,
  type WorkflowTask,
} from './workflow-task.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;

type EvictionReasonValue = coresdk.workflow_activation.RemoveFromCache.EvictionReason;
type LangCommand = coresdk.workflow_commands.IWorkflowCommand;
type QueryJob = coresdk.workflow_activation.IQueryWorkflow;
type QueryResult = coresdk.workflow_commands.IQueryResult;
type Activation = coresdk.workflow_activation.IWorkflowActivation;
type CompletionFailure = coresdk.workflow_completion.IFailure;
type Cause = temporal.api.enums.v1.WorkflowTaskFailedCause;

/** Settings of a worker that runs need. */
export interface ManagedRunConfig extends RunMachinesConfig {
  /** Whether a nondeterminism error fails the workflow of this type rather than its task. */
  readonly failsOnNondeterminism: (workflowType: string) => boolean;
}

interface OutstandingTask {
  readonly task: WorkflowTask;
  pendingQueries: QueryJob[];
}

interface PendingCompletion {
  readonly success: Success;
  readonly commands: LangCommand[];
  readonly queryResults: QueryResult[];
  readonly outstanding: OutstandingTask;
  readonly forcedFailure: boolean;
  readonly reply: Reply;
}

/** What a step of work led to. `fulfil` is called after the next output is known. */
interface Step {
  readonly output?: RunOutput | undefined;
  readonly fulfil?: () => void;
}

/**
 * One cached run: its machines, the workflow task it works on, and the one activation that may be out. Synchronous and without I/O; what has
 * to reach the server is handed to the reply of a completion.
 */
export class ManagedRun {
  readonly machines: RunMachines;
  readonly buffer: TaskBuffer = new TaskBuffer();
  readonly #config: ManagedRunConfig;
  #task: OutstandingTask | undefined;
  #activation: 'normal' | 'eviction' | 'query' | 'auto' | undefined;
  #eviction: Eviction | undefined;
  #pager: HistoryPager | undefined;
  #waitingForPage: PendingCompletion | undefined;
  #broken = false;

  constructor(identity: RunIdentity, config: ManagedRunConfig) {
    this.machines = new RunMachines(identity, config);
    this.#config = config;
  }

  get runId(): string {
    return this.machines.identity.runId;
  }

  get task(): WorkflowTask | undefined {
    return this.#task?.task;
  }

  get hasPendingQueries(): boolean {
    return (this.#task?.pendingQueries.length ?? 0) > 0;
  }

  get isEvicting(): boolean {
    return this.#eviction !== undefined;
  }

  /** Jobs for the language side that belong to the task at hand. Without a task they have to wait for one. */
  get hasPendingJobs(): boolean {
    return this.#task !== undefined && this.machines.hasPendingJobs;
  }

  /** Whether the run must not be dropped yet. */
  hasPendingWork(ignoreBuffered: boolean): boolean {
    return (
      this.#task !== undefined ||
      this.#activation !== undefined ||
      this.#eviction !== undefined ||
      (!ignoreBuffered && this.buffer.hasTasks)
    );
  }

  /** Takes a workflow task, or puts it aside while the run is busy. */
  receive(task: WorkflowTask): RunOutput | undefined {
    if (this.#activation || this.#eviction || this.#task) {
      this.buffer.add(task);
      return undefined;
    }
    return this.#guard(() => this.#apply(task));
  }

  /** What to do next, if anything. */
  nextOutput(): RunOutput | undefined {
    return this.#guard(() => ({ output: this.#findOutput() }));
  }

  /** Takes the answer to an activation. Returns the pager when history has to be fetched first: see {@link resumeWithPage}. */
  succeed(success: Success, reply: Reply, forcedFailure = false): RunOutput | HistoryPager | undefined {
    const outstanding = this.#task;
    if (outstanding === undefined) {
      reply({ kind: 'nothing' }); // an eviction without a task
      return undefined;
    }
    const [first, ...more] = success.commands;
    const answer = first?.respondToQuery;
    if (answer?.queryId === LEGACY_QUERY_ID && more.length === 0) {
      const { taskToken } = outstanding.task;
      reply({ kind: 'answer-query', taskToken, result: answer });
      return undefined;
    }
    const keepAll = !this.machines.replaying || this.#maySortTerminal;
    const { commands, queryResults } = sortCommands(success.commands, keepAll);
    const completion = {
      success,
      commands,
      queryResults,
      outstanding,
      forcedFailure,
      reply,
    };
    if (!this.machines.readyForNextTask && this.#pager) {
      this.#waitingForPage = completion;
      return this.#pager;
    }
    return this.#guard(() => this.#process(completion, undefined), reply);
  }

  /** Goes on with the completion that waited for a page of history. */
  resumeWithPage(update: HistoryUpdate): RunOutput | undefined {
    const completion = this.#waitingForPage;
    if (completion === undefined) return undefined;
    this.#waitingForPage = undefined;
    return this.#guard(() => this.#process(completion, update), completion.reply);
  }

  /** The language side could not answer, or the machines broke (`auto`). */
  fail(
    cause: Cause,
    reason: EvictionReasonValue,
    failure: CompletionFailure,
    auto: boolean,
    reply: Reply,
  ): RunOutput | undefined {
    const task = this.#task?.task;
    if (task === undefined) {
      reply({ kind: 'nothing' });
      return undefined;
    }
    const isQuery = this.#worksOnLegacyQuery;
    const retryable =
      auto && (reason === EvictionReason.UNSPECIFIED || reason === EvictionReason.PAGINATION_OR_HISTORY_FETCH);
    if (isQuery && retryable) {
      reply({ kind: 'drop-task' });
      return undefined;
    }
    const text = failure.failure?.message ?? '';
    const message = `Workflow activation completion failed: ${text}`;
    const output = this.evict({ message, reason });
    if (isQuery) {
      reply({ kind: 'fail-query', taskToken: task.taskToken, failure });
      return output;
    }
    // Later attempts are left to time out, so that a broken workflow does not spin.
    if (task.attempt > 1) {
      reply({ kind: 'drop-task' });
      return output;
    }
    const nondeterministic = cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR;
    if (nondeterministic && this.#config.failsOnNondeterminism(task.workflowType)) {
      return this.#failWorkflow(failure, reply);
    }
    const { taskToken } = task;
    reply({ kind: 'fail-task', taskToken, cause, failure: failure.failure ?? undefined });
    return output;
  }

  /** Asks for the run to leave the cache, as soon as what is under way is done. */
  evict(eviction: Eviction): RunOutput | undefined {
    const waiting = this.#waitingForPage;
    if (waiting && eviction.reason === EvictionReason.PAGINATION_OR_HISTORY_FETCH) {
      this.#waitingForPage = undefined;
      return this.fail(
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        eviction.reason,
        { failure: applicationFailure(eviction.message, false) },
        true,
        waiting.reply,
      );
    }
    const already = this.#activation === 'eviction' || this.#eviction !== undefined;
    const mayFinish =
      eviction.reason === EvictionReason.CACHE_FULL ||
      eviction.reason === EvictionReason.WORKFLOW_EXECUTION_ENDING ||
      this.#worksOnLegacyQuery;
    if (!already && !mayFinish && this.#task) this.#task.pendingQueries = [];
    this.#eviction = eviction;
    return already ? undefined : this.nextOutput();
  }

  /** The run is lost: it leaves the cache, and its task is given back for another one. */
  abandon(eviction: Eviction): WorkflowTask | undefined {
    const task = this.#task?.task;
    this.#task = undefined;
    this.#eviction = eviction;
    return task;
  }

  /** The outcome of a completion was dealt with. Forgets the task if it is over; returns it then. */
  afterReport(report: Report): WorkflowTask | undefined {
    if (report.kind === 'not-reported' && !this.machines.sawFinalEvent) return undefined;
    if (this.hasPendingQueries) return undefined;
    const task = this.#task?.task;
    this.#task = undefined;
    if (report.kind === 'reported' && report.resetStartedTo !== undefined) {
      this.machines.resetLastStarted(report.resetStartedTo);
    }
    return task;
  }

  /** The activation was answered. Returns true when that was the answer to an eviction. */
  finishActivation(auto: boolean): boolean {
    if (auto && this.#activation !== 'auto') return false;
    const wasEviction = this.#activation === 'eviction';
    this.#activation = undefined;
    return wasEviction;
  }

  get #maySortTerminal(): boolean {
    return this.machines.flags.tryUse(CoreFlag.moveTerminalCommands, false);
  }

  get #worksOnLegacyQuery(): boolean {
    if (this.#activation === 'query') return true;
    return this.#task?.pendingQueries.some((q) => q.queryId === LEGACY_QUERY_ID) ?? false;
  }

  #failWorkflow(failure: CompletionFailure, reply: Reply): RunOutput | undefined {
    const failWorkflowExecution = { failure: failure.failure ?? null };
    const success = { commands: [{ failWorkflowExecution }], usedFlags: [], versioningBehavior: 0 };
    const output = this.succeed(success, reply, true);
    return output && 'kind' in output ? output : undefined;
  }

  #apply(task: WorkflowTask): Step {
    const queries = [...task.queries];
    if (task.legacyQuery) {
      if (queries.length > 0) throw fatal('Server issued both normal and legacy query');
      queries.push(task.legacyQuery);
    }
    this.#pager = task.pager;
    this.#task = { task, pendingQueries: queries };
    const { update } = task;
    const expired =
      task.legacyQuery && update.startedId === 0 && update.previousStartedId < this.machines.currentStartedId;
    if (expired) {
      return { output: { kind: 'autofail', failure: fatal('Query expired').toCompletionFailure() } };
    }
    this.machines.newWork(update, task.requests);
    const activation = this.#takeActivation();
    return { output: activation ? { kind: 'activation', activation } : { kind: 'autocomplete' } };
  }

  /** The pending jobs; on replay, those of the next task when there are none. */
  #takeActivation(): Activation | undefined {
    if (!this.machines.hasPendingJobs) this.machines.applyNextTask();
    return this.machines.hasPendingJobs ? this.machines.takeActivation() : undefined;
  }

  #findOutput(): RunOutput | undefined {
    if (this.#activation || !this.#task) return undefined;
    if (this.machines.hasPendingJobs && !this.#broken) {
      return { kind: 'activation', activation: this.machines.takeActivation() };
    }
    if (this.hasPendingQueries && !this.#broken) {
      const jobs = this.#task.pendingQueries.map((queryWorkflow) => ({ queryWorkflow }));
      this.#task.pendingQueries = [];
      return { kind: 'activation', activation: { ...this.machines.takeActivation(), jobs } };
    }
    return undefined;
  }

  #process(completion: PendingCompletion, page: HistoryUpdate | undefined): Step {
    const { machines } = this;
    machines.flags.addLangUsed(completion.success.usedFlags);
    if (this.#activation !== 'eviction') {
      machines.applyCommands(completion.commands);
      if (page) machines.newHistory(page);
      if (!this.#broken) machines.applyTasksUntilJobs();
    }
    const outcome = this.#outcomeOf(completion);
    return { fulfil: () => completion.reply(outcome) };
  }

  #outcomeOf(completion: PendingCompletion): CompletionOutcome {
    const { machines } = this;
    const { outstanding, queryResults } = completion;
    const answersQueries = queryResults.length > 0;
    const replaysForQuery = outstanding.pendingQueries.length > 0 && !answersQueries;
    const wasEviction = this.#activation === 'eviction';
    const mustWait =
      machines.hasPendingJobs ||
      (machines.replaying && !completion.forcedFailure) ||
      replaysForQuery ||
      wasEviction ||
      machines.sawFinalEvent;
    if (mustWait && !answersQueries) return { kind: 'nothing' };
    const sendable = !(this.#broken && wasEviction);
    return {
      kind: 'complete-task',
      taskToken: outstanding.task.taskToken,
      attempt: outstanding.task.attempt,
      commands: sendable ? machines.commandsToSend() : [],
      messages: sendable ? machines.takeMessages() : [],
      queryResults,
      metadata: machines.takeMetadata(),
      versioningBehavior: completion.success.versioningBehavior,
      forceNewTask: false,
    };
  }

  /** Runs a step; an error of the machines fails the task. Then finds out what comes next, and lets only one activation out. */
  #guard(work: () => Step, reply?: Reply): RunOutput | undefined {
    let output: RunOutput | undefined;
    try {
      const step = work();
      output = step.output ?? (this.hasPendingJobs ? this.#findOutput() : undefined);
      output ??= this.#evictionOutput();
      step.fulfil?.();
    } catch (error) {
      return this.#break(asMachinesError(error), reply);
    }
    if (output === undefined || output.kind === 'autocomplete') {
      const buffered = this.hasPendingWork(true) ? undefined : this.buffer.next();
      if (buffered) return this.receive(buffered);
    }
    if (output) this.#noteActivation(output);
    return output;
  }

  #evictionOutput(): RunOutput | undefined {
    if (!this.#eviction || this.#activation) return undefined;
    if (this.hasPendingJobs && !this.#broken) return undefined;
    const activation: Activation = {
      runId: this.runId,
      historyLength: this.machines.lastProcessedEvent,
      jobs: [{ removeFromCache: { ...this.#eviction } }],
    };
    return { kind: 'activation', activation };
  }

  #noteActivation(output: RunOutput): void {
    if (this.#activation) throw new Error(`Run ${this.runId} already has an activation`);
    if (output.kind !== 'activation') {
      this.#activation = 'auto';
      return;
    }
    const jobs = output.activation.jobs ?? [];
    if (jobs[0]?.removeFromCache) this.#activation = 'eviction';
    else if (jobs[0]?.queryWorkflow?.queryId === LEGACY_QUERY_ID) this.#activation = 'query';
    else this.#activation = 'normal';
  }

  #break(error: MachinesError, reply: Reply | undefined): RunOutput | undefined {
    this.#broken = true;
    const failure = error.toCompletionFailure();
    if (reply === undefined) return { kind: 'autofail', failure };
    const cause =
      failure.forceCause || WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE;
    return this.fail(cause, error.evictionReason, failure, true, reply);
  }
}

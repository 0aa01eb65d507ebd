import proto from '@temporalio/proto';
import type { coresdk, temporal } from '@temporalio/proto';
import { durationMs, WorkflowTaskFailedCause } from '../proto.ts';
import { type ActivationKind, activationKind, evictionActivation, isPatient } from './activation-kind.ts';
import { type OutstandingTask, outcomeOf, type PendingCompletion } from './completion.ts';
import { applicationFailure, asMachinesError, fatal, type MachinesError } from './errors.ts';
import type { HistoryUpdate } from './history-update.ts';
import { CoreFlag } from './internal-flags.ts';
import type { LocalResolution } from './local/types.ts';
import { LocalWait } from './local/wait.ts';
import { RunMachines } from './run-machines.ts';
import { sortCommands } from './sort-commands.ts';
import type { ManagedRunConfig, RunIdentity } from './run-state.ts';
import {
  type Eviction,
  type HistoryPager,
  isExpiredQuery,
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
type CompletionFailure = coresdk.workflow_completion.IFailure;
type Cause = temporal.api.enums.v1.WorkflowTaskFailedCause;

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
  readonly #wait: LocalWait;
  #task: OutstandingTask | undefined;
  #activation: ActivationKind | undefined;
  #eviction: Eviction | undefined;
  #pager: HistoryPager | undefined;
  #waitingForPage: PendingCompletion | undefined;
  #broken = false;

  constructor(identity: RunIdentity, config: ManagedRunConfig) {
    this.machines = new RunMachines(identity, config);
    this.#config = config;
    this.#wait = new LocalWait(config.locals, identity.runId);
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

  /** Its workflow task stays out because local activities run. */
  get waitsForLocalActivities(): boolean {
    return this.#wait.isWaiting;
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
    if (this.#activation || this.#eviction || (this.#task && !this.#isReplacedBy(task))) {
      this.buffer.add(task);
      return undefined;
    }
    this.#task?.task.release();
    return this.#guard(() => this.#apply(task));
  }

  /** What to do next, if anything. */
  nextOutput(): RunOutput | undefined {
    return this.#guard(() => ({ output: this.#findOutput() }));
  }

  /** Takes the end of a local activity. */
  localActivityEnded(resolution: LocalResolution): RunOutput | undefined {
    return this.#guard(() => {
      this.machines.resolveLocalActivity(resolution);
      return { output: this.#findOutput() };
    });
  }

  /** The workflow task comes close to its timeout: it is answered although local activities still run. */
  heartbeatDue(): RunOutput | undefined {
    this.#wait.ring();
    return this.nextOutput();
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
    if (!already && this.#task && !isPatient(eviction) && !this.#worksOnLegacyQuery) this.#task.pendingQueries = [];
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
    if (report.kind === 'reported') {
      if (report.resetStartedTo !== undefined) this.machines.resetLastStarted(report.resetStartedTo);
      this.#config.locals?.taskAnswered(this.runId);
    }
    return task;
  }

  /** The activation was answered. Returns true when that was the answer to an eviction. */
  finishActivation(auto: boolean): boolean {
    if (auto && this.#activation !== 'auto') return false;
    const wasEviction = this.#activation === 'eviction';
    this.#activation = undefined;
    if (wasEviction) this.#leave();
    return wasEviction;
  }

  /** What still runs for it is stopped: the run will be replayed, and ask for it again. */
  #leave(): void {
    this.#wait.end();
    this.#task?.task.release();
    this.#config.locals?.forget(this.runId);
  }

  /** While only local activities are waited for, a new task means that the server has given up the old one. */
  #isReplacedBy({ legacyQuery }: WorkflowTask): boolean {
    return !legacyQuery && this.#wait.isWaiting && !this.machines.hasPendingJobs;
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
    this.#task = { task, pendingQueries: queries, arrivedAt: this.#config.locals?.now() ?? 0 };
    this.#wait.taskArrived();
    const { update } = task;
    if (isExpiredQuery(task, this.machines.currentStartedId)) {
      return { output: { kind: 'autofail', failure: fatal('Query expired').toCompletionFailure() } };
    }
    this.machines.newWork(update, task.requests);
    const activation = this.#takeActivation();
    if (activation) return { output: { kind: 'activation', activation } };
    if (this.machines.locals.outstanding === 0) return { output: { kind: 'autocomplete' } };
    this.#waitForLocalActivities(this.#task);
    return { output: this.#findOutput() };
  }

  /** The pending jobs; on replay, those of the next task when there are none. */
  #takeActivation(): ReturnType<RunMachines['takeActivation']> | undefined {
    if (!this.machines.hasPendingJobs) this.machines.applyNextTask();
    return this.machines.hasPendingJobs ? this.machines.takeActivation() : undefined;
  }

  #findOutput(): RunOutput | undefined {
    if (this.#activation || !this.#task) return undefined;
    if (this.machines.hasPendingJobs && !this.#broken) {
      return { kind: 'activation', activation: this.machines.takeActivation() };
    }
    if (this.#wait.isWaiting && this.machines.locals.outstanding === 0) {
      this.#wait.end();
      return { kind: 'autocomplete' };
    }
    if (this.hasPendingQueries && !this.#broken) {
      const jobs = this.#task.pendingQueries.map((queryWorkflow) => ({ queryWorkflow }));
      this.#task.pendingQueries = [];
      return { kind: 'activation', activation: { ...this.machines.takeActivation(), jobs } };
    }
    return this.#wait.isDue ? { kind: 'autocomplete' } : undefined;
  }

  #process(completion: PendingCompletion, page: HistoryUpdate | undefined): Step {
    const { machines } = this;
    const wasEviction = this.#activation === 'eviction';
    const isHeartbeat = this.#activation === 'auto' && this.#wait.isWaiting;
    machines.flags.addLangUsed(completion.success.usedFlags);
    if (!wasEviction) {
      machines.applyCommands(completion.commands);
      if (page) machines.newHistory(page);
      if (!this.#broken) machines.applyTasksUntilJobs();
      machines.requestLocalWork();
      if (machines.locals.outstanding > 0) return this.#keepOut(completion, isHeartbeat || this.#wait.isDue);
      this.#wait.end();
    }
    const outcome = outcomeOf(machines, completion, { broken: this.#broken, wasEviction, forceNewTask: isHeartbeat });
    return { fulfil: () => completion.reply(outcome) };
  }

  /** Local activities run: the task is answered only if its time is over, or a query cannot wait. */
  #keepOut(completion: PendingCompletion, isDue: boolean): Step {
    if (!isDue && completion.queryResults.length === 0) {
      this.#waitForLocalActivities(completion.outstanding);
      return { fulfil: () => completion.reply({ kind: 'nothing' }) };
    }
    this.#wait.passOn(isDue);
    const context = { broken: this.#broken, wasEviction: false, forceNewTask: true };
    const outcome = outcomeOf(this.machines, completion, context);
    return { fulfil: () => completion.reply(outcome) };
  }

  #waitForLocalActivities({ arrivedAt }: OutstandingTask): void {
    this.#wait.begin(arrivedAt, durationMs(this.machines.started?.workflowTaskTimeout));
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
    const activation = evictionActivation(this.runId, this.machines.lastProcessedEvent, this.#eviction);
    return { kind: 'activation', activation };
  }

  #noteActivation(output: RunOutput): void {
    if (this.#activation) throw new Error(`Run ${this.runId} already has an activation`);
    this.#activation = activationKind(output);
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

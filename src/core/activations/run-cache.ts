import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { EventType, WorkflowTaskFailedCause } from '../proto.ts';
import type { HistoryEvent } from '../proto.ts';
import { eventId, eventName, isIgnorable } from './events.ts';
import type { HistoryUpdate } from './history-update.ts';
import { ManagedRun } from './managed-run.ts';
import type { LocalResolution } from './local/types.ts';
import { isReplayRequest } from './replay-request.ts';
import type { ManagedRunConfig } from './run-state.ts';
import {
  type Eviction,
  type HistoryPager,
  isIncremental,
  type Reply,
  type Report,
  type RunOutput,
  type WorkflowTask,
} from './workflow-task.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;

type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** After that many lost runs in one task, the task fails: it may be what loses them. */
const MAX_RESTARTS = 3;

/** What the cache asks of the world around it. None of these may call back synchronously. */
export interface RunCacheEffects {
  /** Give the output to the language side, or complete it without it. */
  output(runId: string, output: RunOutput): void;
  /** Fetch the history of a run from its start, then call {@link RunCache.receiveExpected}. */
  fetchFromStart(task: WorkflowTask): void;
  /** Fetch the next page, then call {@link RunCache.resumeWithPage}. */
  fetchPage(runId: string, pager: HistoryPager): void;
  /** Shutdown was begun and nothing is left to do. Called once. */
  drained(): void;
}

/** Settings of the cache. */
export interface RunCacheConfig extends ManagedRunConfig {
  /** Most runs that stay in memory; 0 keeps none: each is evicted after its workflow task. */
  readonly maxCachedWorkflows: number;
}

/** All runs of a worker. Routes workflow tasks and completions to them, and evicts the least recently used when it is full. */
export class RunCache {
  readonly #config: RunCacheConfig;
  readonly #effects: RunCacheEffects;
  /** In order of use, the latest last. */
  readonly #runs = new Map<string, ManagedRun>();
  /** Tasks of runs that are not cached, waiting for room. */
  #waiting: WorkflowTask[] = [];
  /** Tasks of lost runs, to be worked on anew once those have left. */
  readonly #toRestart = new Map<ManagedRun, WorkflowTask>();
  #fetches = 0;
  #shuttingDown = false;
  #drained = false;

  constructor(config: RunCacheConfig, effects: RunCacheEffects) {
    this.#config = config;
    this.#effects = effects;
  }

  /** The workflow task that a run works on. */
  taskOf(runId: string): WorkflowTask | undefined {
    return this.#runs.get(runId)?.task;
  }

  /** Takes a workflow task from the server. */
  receive(task: WorkflowTask): void {
    this.#receive(task);
    this.#settle();
  }

  /** Announces a task that is still being prepared; shutdown waits for it. */
  expect(): void {
    this.#fetches++;
  }

  /** Takes a task that was announced, or whose history {@link RunCacheEffects.fetchFromStart} asked for. */
  receiveExpected(task: WorkflowTask): void {
    this.#fetches--;
    this.receive(task);
  }

  /** An announced task does not come. */
  expectedNothing(): void {
    this.#fetches--;
    this.#settle();
  }

  /** An announced task or a fetch failed. The run, if cached, is evicted; what the server has to hear is the caller's business. */
  expectedFailed(runId: string, message: string): void {
    this.#fetches--;
    this.evict(runId, { message, reason: EvictionReason.PAGINATION_OR_HISTORY_FETCH });
  }

  /** Takes the answer to an activation. `reply` is called once, maybe later. Unknown runs are answered with nothing to do. */
  complete(completion: Completion, auto: boolean, reply: Reply): void {
    const run = this.#use(completion.runId ?? '');
    if (run === undefined) {
      reply({ kind: 'nothing' });
      return;
    }
    const { successful, failed } = completion;
    if (failed && this.#restart(run, completion)) {
      reply({ kind: 'nothing' });
    } else if (failed) {
      const cause =
        failed.forceCause || WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE;
      const reason = auto ? EvictionReason.UNSPECIFIED : EvictionReason.LANG_FAIL;
      this.#emit(run, run.fail(cause, reason, failed, auto, reply));
    } else {
      const success = {
        commands: successful?.commands ?? [],
        usedFlags: successful?.usedInternalFlags ?? [],
        versioningBehavior: successful?.versioningBehavior ?? 0,
      };
      const next = run.succeed(success, reply);
      if (next && 'nextUpdate' in next) this.#fetchPage(run, next);
      else this.#emit(run, next);
    }
    this.#evictUncached(run);
    this.#settle();
  }

  /** Goes on with a completion that waited for history. */
  resumeWithPage(runId: string, update: HistoryUpdate): void {
    this.#fetches--;
    const run = this.#use(runId);
    if (run) {
      this.#emit(run, run.resumeWithPage(update));
      this.#evictUncached(run);
    }
    this.#settle();
  }

  /** The outcome of a completion was dealt with; `next` is a workflow task that came with the server's answer. */
  afterReport(runId: string, report: Report, next: WorkflowTask | undefined, auto: boolean): void {
    const run = this.#runs.get(runId);
    if (run === undefined) next?.release();
    else this.#afterReport(run, report, next, auto);
    this.#settle();
  }

  /** A local activity is over. Nothing happens when its run has left the cache. */
  localActivityEnded(runId: string, resolution: LocalResolution): void {
    const run = this.#runs.get(runId);
    if (run) this.#emit(run, run.localActivityEnded(resolution));
    this.#settle();
  }

  /** A run's workflow task comes close to its timeout while local activities run. */
  heartbeatDue(runId: string): void {
    const run = this.#runs.get(runId);
    if (run) this.#emit(run, run.heartbeatDue());
    this.#settle();
  }

  /** Asks for a run to be evicted; nothing happens when it is not cached. */
  evict(runId: string, eviction: Eviction): void {
    const run = this.#runs.get(runId);
    if (run) this.#emit(run, run.evict(eviction));
    this.#settle();
  }

  /** From now on, {@link RunCacheEffects.drained} is called as soon as no run has work left. */
  beginShutdown(): void {
    this.#shuttingDown = true;
    this.#settle();
  }

  #use(runId: string): ManagedRun | undefined {
    const run = this.#runs.get(runId);
    if (run === undefined) return undefined;
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    return run;
  }

  #receive(task: WorkflowTask): void {
    const cached = this.#use(task.runId);
    if (cached) {
      const reason = EvictionReason.PAGINATION_OR_HISTORY_FETCH;
      if (isAhead(cached, task)) this.#emit(cached, cached.evict({ message: 'History has lost its end', reason }));
      else if (isOvertaken(cached, task)) {
        const message = 'Another worker has gone on with its local activities';
        this.#emit(cached, cached.evict({ message, reason }));
      } else if (isOutrun(cached, task)) {
        const message = 'More has come while local activities ran, and their workflow task was given up';
        this.#emit(cached, cached.evict({ message, reason }));
      }
      this.#emit(cached, cached.receive(task));
      return;
    }
    const limit = this.#config.maxCachedWorkflows;
    if (limit > 0 && this.#runs.size >= limit) {
      this.#waiting.push(task);
      return;
    }
    if (isIncremental(task)) {
      this.#fetches++;
      this.#effects.fetchFromStart(task);
      return;
    }
    const run = new ManagedRun(task, this.#config);
    this.#runs.set(task.runId, run);
    this.#emit(run, run.receive(task));
  }

  /** Whether the run is lost through no fault of its own, and its task will be worked on by a new one. */
  #restart(run: ManagedRun, completion: Completion): boolean {
    const restarts = run.task?.restarts ?? 0;
    if (!isReplayRequest(completion) || restarts >= MAX_RESTARTS) return false;
    const message = completion.failed?.failure?.message ?? '';
    const task = run.abandon({ message, reason: EvictionReason.LANG_REQUESTED });
    if (task) this.#toRestart.set(run, { ...task, restarts: restarts + 1 });
    return true;
  }

  #afterReport(run: ManagedRun, report: Report, next: WorkflowTask | undefined, auto: boolean): void {
    const finished = run.afterReport(report);
    if (finished && !next) finished.release(); // `next` goes on with its slot
    const evicted = run.finishActivation(auto);
    if (evicted) this.#runs.delete(run.runId);
    const lost = evicted ? this.#toRestart.get(run) : undefined;
    if (lost) {
      this.#toRestart.delete(run);
      this.#fetches++;
      this.#effects.fetchFromStart(lost);
    }
    const buffered = evicted ? run.buffer.next() : undefined;
    if (buffered && next) next.release();
    const task = buffered ?? next ?? (evicted && !lost ? this.#waiting.shift() : undefined);
    if (task) this.#receive(task);
    if (evicted) {
      // What is still buffered was for the run as it was.
      for (let left = run.buffer.next(); left; left = run.buffer.next()) this.#receive(left);
      return;
    }
    this.#emit(run, run.nextOutput());
    if (run.machines.finished && report.kind === 'reported' && !run.hasPendingWork(false)) {
      const reason = EvictionReason.WORKFLOW_EXECUTION_ENDING;
      this.#emit(run, run.evict({ message: 'Workflow completed', reason }));
    }
  }

  #emit(run: ManagedRun, output: RunOutput | HistoryPager | undefined): void {
    if (output && 'kind' in output) this.#effects.output(run.runId, output);
  }

  #fetchPage(run: ManagedRun, pager: HistoryPager): void {
    this.#fetches++;
    this.#effects.fetchPage(run.runId, pager);
  }

  #evictUncached(run: ManagedRun): void {
    if (this.#config.maxCachedWorkflows > 0 || run.hasPendingJobs || run.isEvicting) return;
    if (run.waitsForLocalActivities) return;
    this.#emit(run, run.evict({ message: 'Workflow cache full', reason: EvictionReason.CACHE_FULL }));
  }

  /** Makes room for waiting tasks, and notices the end of a shutdown. Must run after every input. */
  #settle(): void {
    if (this.#waiting.length > 0) this.#makeRoom();
    if (!this.#shuttingDown || this.#drained || this.#fetches > 0) return;
    if ([...this.#runs.values()].some((run) => run.hasPendingWork(false))) return;
    this.#drained = true;
    this.#effects.drained();
  }

  /** Evicts as many runs as tasks wait, the least recently used first. */
  #makeRoom(): void {
    let needed = this.#waiting.length;
    for (const run of this.#runs.values()) if (run.isEvicting) needed--;
    for (const run of this.#runs.values()) {
      if (needed <= 0) break;
      // A run that waits for local activities would have to run them again.
      if (run.isEvicting || run.buffer.hasTasks || run.waitsForLocalActivities) continue;
      needed--;
      const reason = EvictionReason.CACHE_FULL;
      this.#emit(run, run.evict({ message: 'Workflow cache full', reason }));
    }
  }
}

/** Whether an idle run has seen what the server has forgotten, whose store came back without its last moments. */
function isAhead(run: ManagedRun, { legacyQuery, update }: WorkflowTask): boolean {
  return !legacyQuery && !run.hasPendingWork(true) && update.previousStartedId < run.machines.currentStartedId;
}

/** Whether another worker has answered a task since: what local activities have come to here, history tells otherwise or at another place. */
function isOvertaken(run: ManagedRun, { update }: WorkflowTask): boolean {
  const { currentStartedId, locals } = run.machines;
  return locals.isUsed && update.previousStartedId > currentStartedId;
}

/**
 * Whether the server has given up the task that the run keeps out for its local activities, and the task in its place brings more: who replays is told of that
 * together with what the former task brought, before any activity has ended.
 */
function isOutrun(run: ManagedRun, { legacyQuery, requests, update }: WorkflowTask): boolean {
  if (legacyQuery || run.task === undefined || !run.waitsForLocalActivities) return false;
  const { currentStartedId, lastProcessedEvent } = run.machines;
  if (update.previousStartedId >= currentStartedId) return false;
  const isNews = (event: HistoryEvent): boolean => {
    // A task that is tried again gets into history at its end only: others may have taken its place there.
    if (eventId(event) === currentStartedId) return event.eventType !== EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED;
    return eventId(event) > lastProcessedEvent && !isIgnorable(event) && !eventName(event).startsWith('WorkflowTask');
  };
  return requests.length > 0 || update.events.some(isNews);
}

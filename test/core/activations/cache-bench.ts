import { HistoryUpdate } from '../../../src/core/activations/history-update.ts';
import type { LocalActivityHost } from '../../../src/core/activations/local/types.ts';
import { RunCache } from '../../../src/core/activations/run-cache.ts';
import type {
  CompletionOutcome,
  HistoryPager,
  Report,
  RunOutput,
  WorkflowTask,
} from '../../../src/core/activations/workflow-task.ts';
import { replayRequest } from '../../../src/host/replay-request.ts';
import { config, History, type LangCommand } from './history.ts';

/** The server took the answer. */
export const reported: Report = { kind: 'reported', resetStartedTo: undefined };
export const timer: LangCommand = { startTimer: { seq: 1 } };
const neverPages: HistoryPager = { nextUpdate: () => Promise.reject(new Error('no pages')) };

/** A cache whose surroundings are recorded. */
export class Bench {
  readonly outputs: Array<{ runId: string; output: RunOutput }> = [];
  readonly toFetch: WorkflowTask[] = [];
  readonly pages: string[] = [];
  readonly released: string[] = [];
  drained = 0;
  readonly cache: RunCache;

  constructor(maxCachedWorkflows: number, failsOnNondeterminism = false, locals?: LocalActivityHost) {
    this.cache = new RunCache(
      { ...config, maxCachedWorkflows, failsOnNondeterminism: () => failsOnNondeterminism, locals },
      {
        output: (runId, output) => void this.outputs.push({ runId, output }),
        fetchFromStart: (task) => void this.toFetch.push(task),
        fetchPage: (runId) => void this.pages.push(runId),
        drained: () => void this.drained++,
      },
    );
  }

  task(runId: string, history: History, more: Partial<WorkflowTask> = {}): WorkflowTask {
    return {
      taskToken: new TextEncoder().encode(runId),
      attempt: 1,
      workflowId: 'wf',
      runId,
      workflowType: 'Type',
      legacyQuery: undefined,
      queries: [],
      requests: [],
      events: history.events,
      update: history.update(),
      pager: neverPages,
      release: () => void this.released.push(runId),
      ...more,
    };
  }

  /** The jobs of the newest output, by name. */
  get jobs(): string[] {
    const output = this.outputs.at(-1)?.output;
    return output?.kind === 'activation' ? (output.activation.jobs ?? []).flatMap((job) => Object.keys(job)) : [];
  }

  /** A run that waits for its timer. */
  waiting(runId: string): History {
    const history = History.started();
    this.cache.receive(this.task(runId, history));
    if (this.complete(runId, [timer])?.kind !== 'complete-task') throw new Error('The task is not complete');
    this.after(runId);
    return history.completed().add('TIMER_STARTED', { timerId: '1' });
  }

  complete(runId: string, commands: LangCommand[] = [], auto = false): CompletionOutcome | undefined {
    let outcome: CompletionOutcome | undefined;
    this.cache.complete({ runId, successful: { commands } }, auto, (given) => (outcome = given));
    return outcome;
  }

  fail(runId: string, forceCause = 0, auto = false): CompletionOutcome | undefined {
    let outcome: CompletionOutcome | undefined;
    const failed = { failure: { message: 'f' }, forceCause };
    this.cache.complete({ runId, failed }, auto, (given) => (outcome = given));
    return outcome;
  }

  after(runId: string, report: Report = reported, next?: WorkflowTask, auto = false): void {
    this.cache.afterReport(runId, report, next, auto);
  }

  /** The host lost the run. */
  lose(runId: string): CompletionOutcome | undefined {
    let outcome: CompletionOutcome | undefined;
    this.cache.complete(replayRequest(runId, 'lost'), false, (given) => (outcome = given));
    return outcome;
  }

  /** Has the language side agree to the eviction that is out. */
  evicted(runId: string): void {
    if (this.jobs.join() !== 'removeFromCache') throw new Error(`No eviction: ${this.jobs.join()}`);
    this.complete(runId);
    this.after(runId, { kind: 'not-reported' });
  }
}

/** The events after the first `from`, as a worker gets them that knows those. */
export const incremental = (history: History, from: number): HistoryUpdate =>
  HistoryUpdate.fromEvents(history.events.slice(from), { previousStartedId: 3, startedId: history.length }, true)
    .update;

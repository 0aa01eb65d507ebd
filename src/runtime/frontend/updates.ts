import type { temporal } from '@temporalio/proto';
import type { ProtocolMessage } from '../../core/proto.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { updateRequestMessage } from '../../core/run/update.ts';
import { updateRequestSize } from '../../core/sizes.ts';
import type { UpdateAnswer } from '../../core/run/update.ts';
import { runName } from '../../core/run-name.ts';
import { failedPrecondition, grpcStatus, hasCode, movedAway, notFound, workflowClosing } from '../errors.ts';
import type { ServiceError } from '../errors.ts';
import { ExpectedUpdates } from './expected-updates.ts';

type Outcome = temporal.api.update.v1.IOutcome;
type UpdateRequest = temporal.api.update.v1.IRequest;

/** How far an update has come, as its callers see it. */
export interface UpdateState {
  readonly accepted: boolean;
  readonly outcome: Outcome | undefined;
}

interface Update {
  readonly id: string;
  readonly run: RunKey;
  readonly request: UpdateRequest;
  /** `admitted`: waits for a workflow task. `sent`: a worker has it. */
  stage: 'admitted' | 'sent' | 'accepted' | 'done';
  outcome: Outcome | undefined;
  error: Error | undefined;
  readonly waiting: Set<() => void>;
}

/**
 * Updates on their way to their workflows. An update is stored once its workflow has accepted it; until then it lives here, and its caller sends it again
 * when the process is gone (as with a Temporal server).
 */
export class Updates {
  /** Those that are not here yet. */
  readonly expected: ExpectedUpdates = new ExpectedUpdates();
  readonly #updates = new Map<string, Map<string, Update>>();
  readonly #admissions = new Map<string, Set<() => void>>();

  /** An update is to go to its workflow; one that is on its way already stays as it is. */
  admit(run: RunKey, id: string, request: UpdateRequest): void {
    const updates = this.#ofRun(run) ?? new Map<string, Update>();
    this.#updates.set(runName(run), updates);
    if (updates.has(id)) return;
    updates.set(id, { id, run, request, stage: 'admitted', outcome: undefined, error: undefined, waiting: new Set() });
    for (const admitted of this.#admissions.get(runName(run)) ?? []) admitted();
    this.expected.over(run);
  }

  /** How many updates of the run are on their way to it and have not been accepted. */
  countUnaccepted(run: RunKey): number {
    let count = 0;
    for (const { stage } of this.#ofRun(run)?.values() ?? []) if (stage === 'admitted' || stage === 'sent') count++;
    return count;
  }

  /** The size of all requests that are on their way to the run. Bytes. */
  sizeOf(run: RunKey): number {
    let size = 0;
    for (const { request } of this.#ofRun(run)?.values() ?? []) size += updateRequestSize(request);
    return size;
  }

  /** Resolves once an update waits for a task, or the signal ends the wait. */
  async untilAdmitted(run: RunKey, signal: AbortSignal): Promise<void> {
    if (this.hasUnsent(run) || signal.aborted) return;
    const waiting = this.#admissions.get(runName(run)) ?? new Set();
    this.#admissions.set(runName(run), waiting);
    await new Promise<void>((resolve) => {
      waiting.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#admissions.delete(runName(run));
  }

  /** Whether this update is on its way. */
  has(run: RunKey, id: string): boolean {
    return this.#ofRun(run)?.has(id) ?? false;
  }

  /** Waits until the update is accepted, or (`completed`) has an outcome, or the signal ends the wait. @returns how far it came. */
  async wait(run: RunKey, id: string, completed: boolean, signal: AbortSignal): Promise<UpdateState> {
    const update = this.#ofRun(run)?.get(id);
    if (update === undefined) return { accepted: false, outcome: undefined };
    const isReached = (): boolean =>
      update.stage === 'done' || update.error !== undefined || (!completed && update.stage === 'accepted');
    while (!isReached() && !signal.aborted) await nextStep(update, signal);
    if (update.error !== undefined) throw update.error;
    return { accepted: update.stage === 'accepted' || update.stage === 'done', outcome: update.outcome };
  }

  /** The messages that go with a workflow task: all updates that no worker has answered yet. */
  send(record: RunRecord): ProtocolMessage[] {
    const task = record.workflowTask;
    const updates = this.#ofRun(record);
    if (task === undefined || updates === undefined) return [];
    const messages: ProtocolMessage[] = [];
    for (const update of updates.values()) {
      if (update.stage !== 'admitted') continue;
      update.stage = 'sent';
      messages.push(updateRequestMessage(update.id, update.request, task.startedEventId - 1));
    }
    return messages;
  }

  /** The requests that a worker has, by the ids of their updates. */
  requestsOf(run: RunKey): ReadonlyMap<string, UpdateRequest> {
    const requests = new Map<string, UpdateRequest>();
    for (const { id, request } of this.#ofRun(run)?.values() ?? []) requests.set(id, request);
    return requests;
  }

  /** Whether updates wait for a task. */
  hasUnsent(run: RunKey): boolean {
    for (const { stage } of this.#ofRun(run)?.values() ?? []) if (stage === 'admitted') return true;
    return false;
  }

  /**
   * What a completed task said. An update that was sent with it and not answered is rejected: the worker does not know updates. When the task closed
   * the run, or only asks for more time, that is no sign of it (`isFinal`): the update is aborted, or answered later.
   */
  answered(run: RunKey, answers: readonly UpdateAnswer[], isFinal: boolean): void {
    const updates = this.#ofRun(run);
    if (updates === undefined) return;
    for (const answer of answers) {
      const update = updates.get(answer.updateId);
      if (update === undefined) continue;
      if (answer.kind === 'accepted') step(update, 'accepted', undefined);
      else this.#finish(update, answer.kind === 'completed' ? answer.outcome : { failure: answer.failure });
    }
    for (const update of isFinal ? updates.values() : []) {
      if (update.stage === 'sent') this.#finish(update, { failure: unprocessed });
    }
  }

  /**
   * Looks again after the run changed: what a task took along that failed or timed out goes with the next one. What another process brought further is
   * read from history by whoever waits for it.
   */
  changed(record: RunRecord): void {
    for (const update of this.#ofRun(record)?.values() ?? []) {
      const stored = record.updates.get(update.id);
      if (stored === undefined || stored.acceptedEventId === 0) continue;
      if (update.stage === 'accepted' && stored.completedEventId === 0) continue;
      this.#forget(update);
      step(update, 'done', undefined);
    }
    if ((record.workflowTask?.startedEventId ?? 0) > 0) return;
    for (const update of this.#ofRun(record)?.values() ?? []) if (update.stage === 'sent') update.stage = 'admitted';
    if (record.closeTime !== undefined) this.#closed(record);
  }

  /** The worker's answer broke a rule: whoever waits for an update that it had is told so. */
  taskRefused(run: RunKey): void {
    for (const update of this.#ofRun(run)?.values() ?? []) {
      if (update.stage === 'sent') this.#fail(update, failedPrecondition(refusedText));
    }
  }

  /** The run closed: what is open is over. */
  #closed(record: RunRecord): void {
    const updates = this.#ofRun(record);
    if (updates === undefined) return;
    for (const update of updates.values()) {
      if (update.stage === 'accepted') this.#finish(update, { failure: outlived });
      else if (update.stage !== 'done') this.#fail(update, updateAborted(record));
    }
    this.#updates.delete(runName(record));
  }

  /** Another process takes care of the run: those whose update it has not accepted send it again, and it gets there. */
  moved(run: RunKey): void {
    for (const update of this.#ofRun(run)?.values() ?? []) this.#fail(update, movedAway());
  }

  #ofRun(run: RunKey): Map<string, Update> | undefined {
    return this.#updates.size === 0 ? undefined : this.#updates.get(runName(run));
  }

  /** History has the outcome from here on; a rejected update is forgotten. */
  #finish(update: Update, outcome: Outcome): void {
    this.#forget(update);
    step(update, 'done', outcome);
  }

  #fail(update: Update, error: Error): void {
    this.#forget(update);
    update.error = error;
    step(update, update.stage, undefined);
  }

  #forget(update: Update): void {
    const updates = this.#ofRun(update.run);
    updates?.delete(update.id);
    if (updates?.size === 0) this.#updates.delete(runName(update.run));
  }
}

/** Why a run that closed before it accepted the update did not take it: NOT_FOUND, or that another run goes on in its place, which can. */
export function updateAborted({ nextRunId }: Pick<RunRecord, 'nextRunId'>): ServiceError {
  return nextRunId === undefined ? notFound(abortedText) : workflowClosing();
}

/** Whether an error says that the run closed for good before it accepted the update. */
export function isUpdateAborted(error: ServiceError): boolean {
  return hasCode(error, grpcStatus.NOT_FOUND) && error.details === abortedText;
}

const abortedText = 'workflow update was aborted by closing workflow';

const refusedText = 'Unable to perform workflow execution update due to unexpected workflow task failure.';

const unprocessed: temporal.api.failure.v1.IFailure = {
  message:
    "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not supported by the worker.",
  source: 'Server',
  applicationFailureInfo: { type: 'UnprocessedUpdate', nonRetryable: true },
};

/** What callers of an accepted update get when its workflow ends before it. */
export const outlived: temporal.api.failure.v1.IFailure = {
  message: 'Workflow Update failed because the Workflow completed before the Update completed.',
  source: 'Server',
  applicationFailureInfo: { type: 'AcceptedUpdateCompletedWorkflow', nonRetryable: true },
};

function step(update: Update, stage: Update['stage'], outcome: Outcome | undefined): void {
  update.stage = stage;
  update.outcome = outcome ?? update.outcome;
  for (const wake of update.waiting) wake();
}

function nextStep(update: Update, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      update.waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    update.waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}

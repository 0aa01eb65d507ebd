import type { temporal } from '@temporalio/proto';
import type { Payloads } from '../../core/proto.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { isPaused } from '../../core/run/paused.ts';
import { deadlineExceeded, invalidArgument, movedAway, notFound, queryFailed, workflowNotReady } from '../errors.ts';
import { keyOf } from './keys.ts';
import { blobTooLarge, isLargeBlob } from './sizes.ts';
import { decodeToken } from './tokens.ts';

type Query = temporal.api.query.v1.IWorkflowQuery;
type QueryResult = temporal.api.query.v1.IWorkflowQueryResult;
type Response = temporal.api.workflowservice.v1.IQueryWorkflowResponse;

/** Failed attempts after which a run is taken to be stuck. */
const stuckAfterAttempts = 3;
const answeredType = 1;

interface PendingQuery {
  readonly id: string;
  readonly run: RunKey;
  readonly query: Query;
  /** How many changes of the run its caller may know of (`stateTransitionCount`). */
  readonly changes: number;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
  /** How it travels: with the next workflow task, or as a task of its own. */
  state: 'waiting' | 'attached' | 'direct';
  /** Takes back the task that it travels as. */
  withdraw: () => void;
}

/** A query that travels as a task of its own. */
export type DirectQuery = Pick<PendingQuery, 'id' | 'run' | 'query'>;

/**
 * Queries on their way. While a workflow task is scheduled or out they wait and go with the next one, so that they see all that was acknowledged
 * before; otherwise they go alone. Nothing of this is stored: whoever asks is still there.
 */
export class Queries {
  readonly #queries = new Map<string, PendingQuery>();
  readonly #offer: (record: RunRecord, queryId: string) => () => void;

  /** @param offer puts a task for a direct query into the run's queue, and returns what takes it back. */
  constructor(offer: (record: RunRecord, queryId: string) => () => void) {
    this.#offer = offer;
  }

  /** Asks; rejects when the signal ends the wait. */
  ask(id: string, record: RunRecord, query: Query, signal: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      const end = (): void => settle(() => reject(deadlineExceeded('query timed out: no worker answered')));
      const settle = (answer: () => void): void => {
        if (!this.#queries.delete(id)) return;
        signal.removeEventListener('abort', end);
        pending.withdraw();
        answer();
      };
      const pending: PendingQuery = {
        id,
        run: keyOf(record),
        query,
        changes: record.stateTransitionCount,
        state: 'waiting',
        withdraw: () => undefined,
        resolve: (response) => settle(() => resolve(response)),
        reject: (error) => settle(() => reject(error)),
      };
      this.#queries.set(id, pending);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      this.changed(record);
    });
  }

  /** Looks again at the queries of a run after it changed. */
  changed(record: RunRecord): void {
    if (this.#queries.size === 0) return;
    for (const query of this.#of(record)) {
      // News of before the query was asked, of which its caller may know more.
      if (record.stateTransitionCount < query.changes) continue;
      if (record.workflowTask === undefined) {
        // What a paused run was told, its workflow does not know yet.
        if (isPaused(record)) query.resolve({ queryRejected: { status: record.status } });
        else if (hasBegun(record)) this.#goAlone(record, query);
      } else if (isStuck(record)) query.reject(stuck());
      // Its task failed or timed out: the next one takes it along.
      else if (record.workflowTask.startedEventId === 0 && query.state === 'attached') query.state = 'waiting';
    }
  }

  /** Whether somebody waits for an answer of the run. */
  isAsked(run: RunKey): boolean {
    return this.#queries.size > 0 && !this.#of(run).next().done;
  }

  /** Another process takes care of the run: whoever asks, asks again, and gets there. */
  moved(run: RunKey): void {
    for (const query of this.#of(run)) query.reject(movedAway());
  }

  /**
   * Queries that go with the task that is about to be handed out. Those that were asked after the run changed again wait for the next one: their callers
   * may know of what this one does not tell.
   */
  attach(record: RunRecord): Record<string, Query> {
    const attached: Record<string, Query> = {};
    if (this.#queries.size === 0) return attached;
    for (const query of this.#of(record)) {
      if (query.state !== 'waiting' || query.changes > record.stateTransitionCount) continue;
      query.state = 'attached';
      attached[query.id] = query.query;
    }
    return attached;
  }

  /** Answers that came with a completed workflow task. */
  answered({ runId }: RunKey, results: Record<string, QueryResult>): void {
    for (const [id, result] of Object.entries(results)) {
      if (this.#queries.get(id)?.run.runId !== runId) continue;
      if (isLargeBlob(result.answer)) this.#queries.get(id)?.reject(invalidArgument(blobTooLarge));
      else this.#answer(id, result.resultType ?? 0, result.answer, result.errorMessage, result.failure);
    }
  }

  /** The query that a task stands for, which waits again until it {@link goesAlone}; `undefined` when nobody waits for it any more. */
  take(taskId: string): DirectQuery | undefined {
    const query = this.#queries.get(taskId);
    if (query === undefined) return undefined;
    query.state = 'waiting';
    query.withdraw = () => undefined;
    return query;
  }

  /**
   * Whether the query that was taken is one for a worker. With a workflow task on its way it goes with that one instead: by itself it would tell the worker
   * of what this task tells, and in another order.
   */
  goesAlone(taskId: string, record: RunRecord): boolean {
    const query = this.#queries.get(taskId);
    if (query?.state !== 'waiting') return false;
    if (record.workflowTask === undefined && !isPaused(record) && hasBegun(record)) {
      query.state = 'direct';
      return true;
    }
    this.changed(record);
    return false;
  }

  /** The answer to a direct query. @throws ServiceError NOT_FOUND when nobody waits for it. */
  respond(request: temporal.api.workflowservice.v1.IRespondQueryTaskCompletedRequest): void {
    const { queryId } = decodeToken(request.taskToken);
    if (queryId === undefined || !this.#queries.has(queryId))
      throw notFound('query task not found, or already expired');
    if (isLargeBlob(request.queryResult)) this.#queries.get(queryId)?.reject(queryFailed(blobTooLarge));
    else this.#answer(queryId, request.completedType ?? 0, request.queryResult, request.errorMessage, request.failure);
  }

  #answer(
    id: string,
    type: temporal.api.enums.v1.QueryResultType,
    result: Payloads | null | undefined,
    message: string | null | undefined,
    failure: temporal.api.failure.v1.IFailure | null | undefined,
  ): void {
    const query = this.#queries.get(id);
    if (type === answeredType) query?.resolve({ queryResult: result ?? null });
    else query?.reject(queryFailed(message ?? 'query failed', failure));
  }

  #goAlone(record: RunRecord, query: PendingQuery): void {
    if (query.state === 'direct') return;
    query.state = 'direct';
    query.withdraw = this.#offer(record, query.id);
  }

  /** The run's queries move to another queue: the worker that had it is gone. */
  offerAgain(record: RunRecord, queryId: string): void {
    const query = this.#queries.get(queryId);
    if (query === undefined) return;
    query.withdraw();
    query.withdraw = this.#offer(record, queryId);
  }

  *#of({ namespace, runId }: RunKey): Generator<PendingQuery> {
    for (const query of this.#queries.values()) {
      if (query.run.runId === runId && query.run.namespace === namespace) yield query;
    }
  }
}

/** Whether the workflow has begun, or never will: before that, what it has been told waits for its first task. */
function hasBegun({ previousStartedEventId, closeTime }: RunRecord): boolean {
  return previousStartedEventId > 0 || closeTime !== undefined;
}

/** Whether the run's workflow tasks keep failing, so that a query would wait in vain. */
export function isStuck(record: Pick<RunRecord, 'workflowTask' | 'workflowTaskAttempt'>): boolean {
  return record.workflowTask !== undefined && record.workflowTaskAttempt >= stuckAfterAttempts;
}

/** What callers of a query get whose run is stuck. */
export function stuck(): Error {
  return workflowNotReady('Unable to query workflow due to Workflow Task in failed state.');
}

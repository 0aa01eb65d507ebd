import type { coresdk, temporal } from '@temporalio/proto';
import { HistoryUpdate } from '../../core/activations/history-update.ts';
import { updateRequestOfMessage } from '../../core/activations/machines/update.ts';
import { LEGACY_QUERY_ID, type WorkflowTask } from '../../core/activations/workflow-task.ts';
import { toNumber } from '../../core/proto.ts';
import type { WorkflowServiceApi } from '../service.ts';
import { type FetchPage, PagedHistory } from './history-pager.ts';
import type { DispatchOptions } from './options.ts';
import { withRetry } from './rpc.ts';
import type { PolledWorkflowTask } from './workflow-poller.ts';

type Query = temporal.api.query.v1.IWorkflowQuery;
type QueryJob = coresdk.workflow_activation.IQueryWorkflow;

/** Makes tasks for runs out of what the server sends, and fetches the history that did not come along. */
export class WorkflowTaskSource {
  readonly #service: WorkflowServiceApi;
  readonly #options: DispatchOptions;

  constructor(service: WorkflowServiceApi, options: DispatchOptions) {
    this.#service = service;
    this.#options = options;
  }

  /** Rejects when its history cannot be fetched or is not there. */
  async prepare(polled: PolledWorkflowTask, release: () => void): Promise<WorkflowTask> {
    const events = polled.history?.events ?? [];
    const ids = idsOf(polled);
    const page = { events, nextPageToken: polled.nextPageToken ?? new Uint8Array() };
    const pager = PagedHistory.ofTask(this.#fetchPages(polled), ids, page);
    const queries = Object.entries(polled.queries ?? {}).map(([id, query]) => queryJob(id, query));
    if (events.length === 0 && !polled.query && queries.length === 0) {
      throw new Error('Received an empty workflow task with no queries or history');
    }
    const update = events.length === 0 ? HistoryUpdate.fromEvents([], ids, true).update : await pager.nextUpdate();
    return {
      taskToken: polled.taskToken ?? new Uint8Array(),
      attempt: polled.attempt ?? 1,
      workflowId: polled.workflowExecution?.workflowId ?? '',
      runId: polled.workflowExecution?.runId ?? '',
      workflowType: polled.workflowType?.name ?? '',
      legacyQuery: polled.query ? queryJob(LEGACY_QUERY_ID, polled.query) : undefined,
      queries,
      requests: (polled.messages ?? []).map(updateRequestOfMessage),
      events,
      update,
      pager,
      release,
    };
  }

  /** The same task with its history from the start. */
  async fromStart(task: WorkflowTask): Promise<WorkflowTask> {
    const execution = { workflowId: task.workflowId, runId: task.runId };
    const fetch = this.#fetchPages({ workflowExecution: execution });
    const { previousStartedId, startedId } = task.update;
    const pager = PagedHistory.fromStart(fetch, { previousStartedId, startedId }, task.events);
    return { ...task, pager, update: await pager.nextUpdate() };
  }

  #fetchPages({ workflowExecution }: Pick<PolledWorkflowTask, 'workflowExecution'>): FetchPage {
    const { namespace, clock } = this.#options;
    return async (nextPageToken) => {
      const request = { namespace, execution: workflowExecution ?? null, nextPageToken };
      const page = await withRetry(clock, () => this.#service.getWorkflowExecutionHistory(request));
      return { events: page.history?.events ?? [], nextPageToken: page.nextPageToken ?? new Uint8Array() };
    };
  }
}

function idsOf(polled: PolledWorkflowTask): { previousStartedId: number; startedId: number } {
  return {
    previousStartedId: toNumber(polled.previousStartedEventId),
    startedId: toNumber(polled.startedEventId),
  };
}

function queryJob(queryId: string, query: Query): QueryJob {
  return {
    queryId,
    queryType: query.queryType ?? '',
    arguments: query.queryArgs?.payloads ?? [],
    headers: query.header?.fields ?? {},
  };
}

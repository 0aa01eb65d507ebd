import type { temporal } from '@temporalio/proto';
import { toLong, toTimestamp } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { unwrittenTaskEvents } from '../../core/run/workflow-task.ts';
import type { FrontendContext } from './context.ts';
import { keyOf } from './keys.ts';
import type { DirectQuery } from './queries.ts';
import { encodeToken } from './tokens.ts';

/** A workflow task as a worker gets it. */
export type WorkflowTaskResponse = temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse;

/**
 * The started task of a run, with the history that the worker needs: a worker that has the run in its cache (`sticky`) gets only what is new since the
 * last task that it completed.
 */
export async function workflowTaskResponse(
  context: FrontendContext,
  record: RunRecord,
  sticky: boolean,
): Promise<WorkflowTaskResponse> {
  const task = record.workflowTask;
  if (task === undefined) throw new Error('no workflow task is out');
  // What comes from here on may come after things that the task does not show: it goes with the next one.
  const queries = context.queries.attach(record);
  const messages = context.updates.send(record);
  const from = sticky ? record.previousStartedEventId + 1 : 1;
  const stored = await context.store.readHistory(
    keyOf(record),
    from,
    Math.min(task.startedEventId + 1, record.nextEventId),
  );
  const { scheduledEventId, startedEventId, attempt, requestId } = task;
  return {
    taskToken: encodeToken({ ...keyOf(record), scheduledEventId, startedEventId, attempt, requestId }),
    ...runFacts(record),
    startedEventId: toLong(startedEventId),
    attempt,
    history: { events: [...stored, ...unwrittenTaskEvents(record)] },
    nextPageToken: new Uint8Array(),
    scheduledTime: toTimestamp(task.scheduledTime),
    startedTime: toTimestamp(task.startedTime),
    queries,
    messages,
  };
}

/** A task that only asks a query. */
export async function queryTaskResponse(
  context: FrontendContext,
  query: DirectQuery,
  record: RunRecord,
  sticky: boolean,
): Promise<WorkflowTaskResponse> {
  const events = sticky ? [] : await context.store.readHistory(query.run, 1, record.nextEventId);
  return {
    taskToken: encodeToken({ ...query.run, scheduledEventId: 0, startedEventId: 0, attempt: 1, queryId: query.id }),
    ...runFacts(record),
    startedEventId: toLong(0),
    attempt: 1,
    history: { events: [...events] },
    nextPageToken: new Uint8Array(),
    query: query.query,
  };
}

function runFacts(record: RunRecord): WorkflowTaskResponse {
  return {
    workflowExecution: { workflowId: record.workflowId, runId: record.runId },
    workflowType: { name: record.workflowType },
    previousStartedEventId: toLong(record.previousStartedEventId),
    workflowExecutionTaskQueue: { name: record.taskQueue, kind: 1 },
  };
}

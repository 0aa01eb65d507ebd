import type { temporal } from '@temporalio/proto';
import { cronStart } from '../../core/cron/backoff.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import { toDuration, toNumber } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { mergePriorities } from '../../core/run/priority.ts';
import type { NewRun } from '../../core/run/start.ts';
import { keyOf } from './keys.ts';

type Initiated = temporal.api.history.v1.IStartChildWorkflowExecutionInitiatedEventAttributes;

/** A child to be started. */
export interface ChildStart {
  readonly run: NewRun;
  readonly initiated: Initiated;
  readonly initiatedEventId: number;
}

/** What a `StartChildWorkflowExecutionInitiated` event asks for. A repeat of the same event gives the same request id. */
export function childStart(record: RunRecord, event: HistoryEvent, newId: () => string, now: number): ChildStart {
  const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes ?? {};
  const initiatedEventId = toNumber(event.eventId);
  const run: NewRun = {
    namespace: initiated.namespace || record.namespace,
    workflowId: initiated.workflowId ?? '',
    runId: newId(),
    explicitTimeouts: true,
    requestId: `${record.runId}/${initiatedEventId}`,
    parent: { ...keyOf(record), initiatedEventId },
    root: record.root,
    ...(event.userMetadata ? { extra: { userMetadata: event.userMetadata } } : {}),
    attributes: {
      workflowType: initiated.workflowType ?? null,
      taskQueue: initiated.taskQueue ?? null,
      input: initiated.input ?? null,
      workflowExecutionTimeout: initiated.workflowExecutionTimeout ?? null,
      workflowRunTimeout: initiated.workflowRunTimeout ?? null,
      workflowTaskTimeout: initiated.workflowTaskTimeout ?? null,
      retryPolicy: initiated.retryPolicy ?? null,
      memo: initiated.memo ?? null,
      searchAttributes: initiated.searchAttributes ?? null,
      header: initiated.header ?? null,
      firstWorkflowTaskBackoff: toDuration(0),
      ...cronStart(initiated.cronSchedule, now),
      priority: mergePriorities(record.priority, initiated.priority),
    },
  };
  return { run, initiated, initiatedEventId };
}

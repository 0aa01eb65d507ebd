import type { HistoryEvent } from '../proto.ts';
import { fatal } from './errors.ts';
import type { Job } from './machines/machine.ts';
import { randomnessSeed } from './randomness-seed.ts';

/** The first job of every run, made of its `WorkflowExecutionStarted`. */
export function initializeWorkflowJob(event: HistoryEvent, workflowId: string): Job {
  const a = event.workflowExecutionStartedEventAttributes;
  if (!a) throw fatal('WorkflowExecutionStarted event did not have appropriate attributes');
  const parent = a.parentWorkflowExecution;
  return {
    initializeWorkflow: {
      workflowType: a.workflowType?.name ?? '',
      workflowId,
      arguments: a.input?.payloads ?? [],
      randomnessSeed: randomnessSeed(a.originalExecutionRunId ?? ''),
      headers: a.header?.fields ?? {},
      identity: a.identity ?? '',
      parentWorkflowInfo: parent
        ? {
            namespace: a.parentWorkflowNamespace ?? '',
            workflowId: parent.workflowId ?? '',
            runId: parent.runId ?? '',
          }
        : null,
      workflowExecutionTimeout: a.workflowExecutionTimeout ?? null,
      workflowRunTimeout: a.workflowRunTimeout ?? null,
      workflowTaskTimeout: a.workflowTaskTimeout ?? null,
      continuedFromExecutionRunId: a.continuedExecutionRunId ?? '',
      continuedInitiator: a.initiator ?? 0,
      continuedFailure: a.continuedFailure ?? null,
      lastCompletionResult: a.lastCompletionResult ?? null,
      firstExecutionRunId: a.firstExecutionRunId ?? '',
      retryPolicy: a.retryPolicy ?? null,
      attempt: a.attempt ?? 0,
      cronSchedule: a.cronSchedule ?? '',
      workflowExecutionExpirationTime: a.workflowExecutionExpirationTime ?? null,
      cronScheduleToScheduleInterval: a.firstWorkflowTaskBackoff ?? null,
      memo: a.memo ?? null,
      searchAttributes: a.searchAttributes ?? null,
      startTime: event.eventTime ?? {},
      rootWorkflow: a.rootWorkflowExecution ?? null,
      priority: a.priority ?? null,
      originalExecutionRunId: a.originalExecutionRunId ?? '',
    },
  };
}

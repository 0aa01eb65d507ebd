import type { temporal } from '@temporalio/proto';
import { cronProblem, cronStart } from '../../core/cron/backoff.ts';
import { durationMs, toDuration, WorkflowIdReusePolicy } from '../../core/proto.ts';
import { priorityProblem } from '../../core/run/priority.ts';
import { retryPolicyProblem, withRetryDefaults } from '../../core/run/retry.ts';
import type { NewRun } from '../../core/run/start.ts';
import { invalidArgument, unimplemented } from '../errors.ts';
import type { FrontendContext } from './context.ts';
import { requireId, requireNamespace, requireTaskQueue } from './context.ts';
import { acceptAttributes } from './search-attributes.ts';
import { requireBlob, requireLinks, requireMemo } from './sizes.ts';

type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;

/** The run that a request asks for. @throws ServiceError INVALID_ARGUMENT, or UNIMPLEMENTED with the feature's name. */
export async function newRun(context: FrontendContext, request: StartRequest): Promise<NewRun> {
  const namespace = requireNamespace(context, request.namespace);
  const workflowId = requireId('WorkflowId', request.workflowId);
  requireId('WorkflowType', request.workflowType?.name);
  requireTaskQueue(request.taskQueue);
  if (request.requestId) requireId('RequestId', request.requestId);
  const now = context.clock.now();
  refuseInvalid(request, now);
  refuseUnsupported(request);
  refuseLarge(request);
  const { searchAttributes } = request;
  return {
    namespace,
    workflowId,
    runId: context.newId(),
    requestId: request.requestId || context.newId(),
    attributes: {
      workflowType: request.workflowType ?? null,
      taskQueue: request.taskQueue ?? null,
      input: request.input ?? null,
      workflowExecutionTimeout: request.workflowExecutionTimeout ?? null,
      workflowRunTimeout: request.workflowRunTimeout ?? null,
      workflowTaskTimeout: request.workflowTaskTimeout ?? null,
      identity: request.identity ?? '',
      memo: request.memo ?? null,
      searchAttributes: searchAttributes ? await acceptAttributes(context, searchAttributes, namespace) : null,
      header: request.header ?? null,
      retryPolicy: request.retryPolicy ? withRetryDefaults(request.retryPolicy) : null,
      firstWorkflowTaskBackoff: toDuration(durationMs(request.workflowStartDelay)),
      ...cronStart(request.cronSchedule, now),
      lastCompletionResult: request.lastCompletionResult ?? null,
      continuedFailure: request.continuedFailure ?? null,
      priority: request.priority ?? null,
    },
    extra: {
      ...(request.links?.length ? { links: request.links } : {}),
      ...(request.userMetadata ? { userMetadata: request.userMetadata } : {}),
    },
  };
}

const durations = [
  ['workflowExecutionTimeout', 'WorkflowExecutionTimeoutSeconds'],
  ['workflowRunTimeout', 'WorkflowRunTimeoutSeconds'],
  ['workflowTaskTimeout', 'WorkflowTaskTimeoutSeconds'],
  ['workflowStartDelay', 'WorkflowStartDelaySeconds'],
] as const;

/** @throws ServiceError INVALID_ARGUMENT in the words of a Temporal server, for durations below 0. */
export function refuseNegativeDurations(request: Pick<StartRequest, (typeof durations)[number][0]>): void {
  for (const [field, name] of durations) {
    if (durationMs(request[field]) < 0) {
      throw invalidArgument(`An invalid ${name} is set on request. cause: negative duration`);
    }
  }
}

/** Refusals in the words of a Temporal server. */
function refuseInvalid(request: StartRequest, now: number): void {
  refuseNegativeDurations(request);
  const terminates = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING;
  if (request.workflowIdReusePolicy === terminates && request.workflowIdConflictPolicy) {
    throw invalidArgument(
      'Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIDConflictPolicy',
    );
  }
  const problem = request.retryPolicy && retryPolicyProblem(withRetryDefaults(request.retryPolicy));
  if (problem) throw invalidArgument(problem);
  const noPriority = priorityProblem(request.priority);
  if (noPriority !== undefined) throw invalidArgument(noPriority);
  if (request.cronSchedule && request.workflowStartDelay) {
    throw invalidArgument('CronSchedule and WorkflowStartDelay may not be used together.');
  }
  const noCron = cronProblem(request.cronSchedule, now);
  if (noCron !== undefined) throw invalidArgument(noCron);
}

/** Sizes, in the order in which a server looks at them: after everything else. */
function refuseLarge(request: StartRequest): void {
  requireLinks(request.links);
  requireBlob(request.input);
  requireMemo(request.memo);
}

function refuseUnsupported(request: StartRequest): void {
  if (request.versioningOverride) throw unimplemented('versioning overrides');
  if (request.completionCallbacks?.length) throw unimplemented('completion callbacks');
}

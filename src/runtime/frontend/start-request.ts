import type { temporal } from '@temporalio/proto';
import { durationMs, toDuration, WorkflowIdReusePolicy } from '../../core/proto.ts';
import { priorityProblem } from '../../core/run/priority.ts';
import { searchAttributesProblem } from '../../core/search-attribute-sizes.ts';
import { retryPolicyProblem, withRetryDefaults } from '../../core/run/retry.ts';
import type { NewRun } from '../../core/run/start.ts';
import { invalidArgument, unimplemented } from '../errors.ts';
import type { FrontendContext } from './context.ts';
import { requireId, requireNamespace, requireTaskQueue } from './context.ts';
import { requireBlob, requireLinks, requireMemo } from './sizes.ts';

type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;

/** The run that a request asks for. @throws ServiceError INVALID_ARGUMENT, or UNIMPLEMENTED with the feature's name. */
export function newRun(context: FrontendContext, request: StartRequest): NewRun {
  const namespace = requireNamespace(context, request.namespace);
  const workflowId = requireId('WorkflowId', request.workflowId);
  requireId('WorkflowType', request.workflowType?.name);
  requireTaskQueue(request.taskQueue);
  if (request.requestId) requireId('RequestId', request.requestId);
  refuseInvalid(request);
  refuseUnsupported(request);
  refuseLarge(request);
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
      searchAttributes: request.searchAttributes ?? null,
      header: request.header ?? null,
      retryPolicy: request.retryPolicy ? withRetryDefaults(request.retryPolicy) : null,
      firstWorkflowTaskBackoff: toDuration(durationMs(request.workflowStartDelay)),
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

/** Refusals in the words of a Temporal server. */
function refuseInvalid(request: StartRequest): void {
  for (const [field, name] of durations) {
    if (durationMs(request[field]) < 0) {
      throw invalidArgument(`An invalid ${name} is set on request. cause: negative duration`);
    }
  }
  const terminates = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING;
  if (request.workflowIdReusePolicy === terminates && request.workflowIdConflictPolicy) {
    throw invalidArgument(
      'Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIDConflictPolicy',
    );
  }
  const problem = request.retryPolicy && retryPolicyProblem(withRetryDefaults(request.retryPolicy));
  if (problem) throw invalidArgument(problem);
  const largeAttributes = searchAttributesProblem(request.searchAttributes?.indexedFields);
  if (largeAttributes !== undefined) throw invalidArgument(largeAttributes);
  const noPriority = priorityProblem(request.priority);
  if (noPriority !== undefined) throw invalidArgument(noPriority);
  if (request.cronSchedule && request.workflowStartDelay) {
    throw invalidArgument('CronSchedule and WorkflowStartDelay may not be used together.');
  }
  if (request.cronSchedule && !cronShape.test(request.cronSchedule.trim()))
    throw invalidArgument('invalid CronSchedule.');
}

const cronShape =
  /^((CRON_)?TZ=\S+\s+)?(@(every\s+\S+|hourly|daily|midnight|weekly|monthly|yearly|annually)|(\S+\s+){4}\S+)$/;

/** Sizes, in the order in which a server looks at them: after everything else. */
function refuseLarge(request: StartRequest): void {
  requireLinks(request.links);
  requireBlob(request.input);
  requireMemo(request.memo);
}

function refuseUnsupported(request: StartRequest): void {
  if (request.cronSchedule) throw unimplemented('cron schedules');
  if (request.versioningOverride) throw unimplemented('versioning overrides');
  if (request.completionCallbacks?.length) throw unimplemented('completion callbacks');
}

import type { temporal } from '@temporalio/proto';
import { cronProblem } from '../cron/backoff.ts';
import { namespaceId } from '../namespace-id.ts';
import type { Command } from '../proto.ts';
import { explicitTimeouts } from '../run/start.ts';
import { ParentClosePolicy, TaskQueueKind, toLong, WorkflowIdReusePolicy, WorkflowTaskFailedCause } from '../proto.ts';
import { initiateChild } from '../run/child.ts';
import { initiateCancel, initiateSignal } from '../run/external.ts';
import { priorityProblem } from '../run/priority.ts';
import { retryPolicyProblem, withRetryDefaults } from '../run/retry.ts';
import { payloadsSize } from '../sizes.ts';
import type { Decision, HandlerResult } from './decision.ts';
import { required, userMetadata } from './common.ts';
import { refuseLargeBlob, refuseLargeMemo, refuseLong, refuseMany } from './limits.ts';
import { acceptAttributes } from './search-attributes.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

type ChildAttributes = temporal.api.command.v1.IStartChildWorkflowExecutionCommandAttributes;

const badStart = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES;
const badSignal = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES;
const badCancel =
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES;

/** Starts a child. */
export function startChildCommand(decision: Decision, command: Command): HandlerResult {
  const { draft, taskCompletedId } = decision;
  const attributes = command.startChildWorkflowExecutionCommandAttributes ?? {};
  const { record } = draft;
  const namespace = attributes.namespace || record.namespace;
  const workflowType = attributes.workflowType?.name ?? '';
  const onCommand = 'is not set on StartChildWorkflowExecutionCommand.';
  const workflowId = required(
    attributes.workflowId,
    badStart,
    `Required field WorkflowId ${onCommand} WorkflowType=${workflowType} Namespace=${namespace}`,
  );
  const missingType = `Required field WorkflowType ${onCommand} WorkflowId=${workflowId} Namespace=${namespace}`;
  required(workflowType, badStart, missingType);
  refuseLongChild({ namespace, workflowId, workflowType });
  const retryPolicy = acceptRetryPolicy(attributes.retryPolicy);
  const noPriority = priorityProblem(attributes.priority);
  if (noPriority !== undefined) throw new WorkflowTaskRefused(badStart, noPriority);
  const about = `WorkflowId=${workflowId} WorkflowType=${workflowType} Namespace=${namespace}`;
  refuseCron(attributes.cronSchedule, draft.now, about);
  const inChild = (why: string): string => `invalid SearchAttributes on StartChildWorkflowCommand: ${why}. ${about}`;
  const searchAttributes = attributes.searchAttributes
    ? acceptAttributes(decision, attributes.searchAttributes, namespace, inChild)
    : null;
  refuseLargeChild(attributes);
  refuseMany('children', record.children.size);
  initiateChild(
    draft,
    {
      namespace,
      namespaceId: namespaceId(namespace),
      workflowId,
      workflowType: attributes.workflowType ?? null,
      taskQueue: { name: attributes.taskQueue?.name || record.taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
      input: attributes.input ?? null,
      workflowExecutionTimeout: attributes.workflowExecutionTimeout ?? null,
      ...explicitTimeouts(attributes),
      parentClosePolicy: attributes.parentClosePolicy || ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE,
      control: attributes.control ?? '',
      workflowTaskCompletedEventId: toLong(taskCompletedId),
      workflowIdReusePolicy:
        attributes.workflowIdReusePolicy || WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
      retryPolicy,
      cronSchedule: attributes.cronSchedule ?? '',
      header: attributes.header ?? null,
      memo: attributes.memo ?? null,
      searchAttributes,
      inheritBuildId: attributes.inheritBuildId ?? false,
      priority: attributes.priority ?? null,
    },
    userMetadata(command),
  );
  return {};
}

function acceptRetryPolicy(policy: ChildAttributes['retryPolicy']): temporal.api.common.v1.IRetryPolicy | null {
  const retryPolicy = policy ? withRetryDefaults(policy) : null;
  const problem = retryPolicy && retryPolicyProblem(retryPolicy);
  if (!problem) return retryPolicy;
  throw new WorkflowTaskRefused(
    badStart,
    `invalid WorkflowRetryPolicy on StartChildWorkflowExecutionCommand: ${problem}`,
  );
}

interface ChildNames {
  readonly namespace: string;
  readonly workflowId: string;
  readonly workflowType: string;
}

function refuseLongChild({ namespace, workflowId, workflowType }: ChildNames): void {
  const exceeds = 'on StartChildWorkflowExecutionCommand exceeds length limit. WorkflowId=';
  const [type, space] = [`WorkflowType=${workflowType}`, `Namespace=${namespace}`];
  refuseLong(namespace, badStart, (length) => `Namespace ${exceeds}${workflowId} ${type} ${space} ${length}`);
  refuseLong(workflowId, badStart, (length) => `WorkflowId ${exceeds}${workflowId} ${length} ${type} ${space}`);
  refuseLong(workflowType, badStart, (length) => `WorkflowType ${exceeds}${workflowId} ${type} ${length} ${space}`);
}

function refuseLargeChild(attributes: ChildAttributes): void {
  const exceeds = 'exceeds size limit.';
  const size = payloadsSize(attributes.input);
  refuseLargeBlob(size, badStart, `StartChildWorkflowExecutionCommandAttributes. Input ${exceeds}`);
  refuseLargeMemo(attributes.memo, badStart, `StartChildWorkflowExecutionCommandAttributes.Memo ${exceeds}`);
}

function refuseCron(cronSchedule: string | null | undefined, now: number, about: string): void {
  const problem = cronProblem(cronSchedule, now);
  if (problem === undefined) return;
  throw new WorkflowTaskRefused(
    badStart,
    `invalid CronSchedule on StartChildWorkflowExecutionCommand: ${problem}. ${about}`,
  );
}

/** Signals another run, or a child. */
export function signalExternalCommand({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const attributes = command.signalExternalWorkflowExecutionCommandAttributes ?? {};
  const namespace = attributes.namespace || draft.record.namespace;
  const { workflowId, runId } = attributes.execution ?? {};
  const inNamespace = `Namespace=${attributes.namespace ?? ''}`;
  const at = `${inNamespace} RunId=${runId ?? ''}`;
  const onCommand = 'is not set on SignalExternalWorkflowExecutionCommand.';
  required(workflowId, badSignal, `WorkflowId ${onCommand} ${at} SignalName=${attributes.signalName ?? ''}`);
  const id = `WorkflowId=${workflowId}`;
  const names = `RunId=${runId ?? ''} SignalName=${attributes.signalName ?? ''}`;
  const exceeds = 'on SignalExternalWorkflowExecutionCommand exceeds length limit.';
  refuseLong(namespace, badSignal, (length) => `Namespace ${exceeds} ${id} ${inNamespace} ${length} ${names}`);
  refuseLong(workflowId, badSignal, (length) => `WorkflowId ${exceeds} ${id} ${length} ${inNamespace} ${names}`);
  required(attributes.signalName, badSignal, `SignalName ${onCommand} ${id} ${at}`);
  refuseMany('signals', pendingOf(draft, 'signal'));
  const size = payloadsSize(attributes.input);
  refuseLargeBlob(size, badSignal, 'SignalExternalWorkflowExecutionCommandAttributes.Input exceeds size limit.');
  initiateSignal(draft, {
    workflowTaskCompletedEventId: toLong(taskCompletedId),
    namespace,
    namespaceId: namespaceId(namespace),
    workflowExecution: attributes.execution ?? null,
    signalName: attributes.signalName ?? '',
    input: attributes.input ?? null,
    control: attributes.control ?? '',
    childWorkflowOnly: attributes.childWorkflowOnly ?? false,
    header: attributes.header ?? null,
  });
  return {};
}

/** Asks another run, or a child, to cancel itself. */
export function cancelExternalCommand({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const attributes = command.requestCancelExternalWorkflowExecutionCommandAttributes ?? {};
  const namespace = attributes.namespace || draft.record.namespace;
  const inNamespace = `Namespace=${attributes.namespace ?? ''}`;
  const at = `${inNamespace} RunId=${attributes.runId ?? ''}`;
  const missing = `WorkflowId is not set on RequestCancelExternalWorkflowExecutionCommand. ${at}`;
  const workflowId = required(attributes.workflowId, badCancel, missing);
  const [id, run] = [`WorkflowId=${workflowId}`, `RunId=${attributes.runId ?? ''}`];
  const exceeds = 'on RequestCancelExternalWorkflowExecutionCommand exceeds length limit.';
  refuseLong(namespace, badCancel, (length) => `Namespace ${exceeds} ${id} ${run} ${inNamespace} ${length}`);
  refuseLong(workflowId, badCancel, (length) => `WorkflowId ${exceeds} ${id} ${length} ${run} ${inNamespace}`);
  refuseMany('cancelRequests', pendingOf(draft, 'cancel'));
  initiateCancel(draft, {
    workflowTaskCompletedEventId: toLong(taskCompletedId),
    namespace,
    namespaceId: namespaceId(namespace),
    workflowExecution: { workflowId, runId: attributes.runId ?? '' },
    control: attributes.control ?? '',
    childWorkflowOnly: attributes.childWorkflowOnly ?? false,
    reason: attributes.reason ?? '',
  });
  return {};
}

function pendingOf({ record }: Decision['draft'], kind: 'signal' | 'cancel'): number {
  let pending = 0;
  for (const external of record.externals.values()) if (external.kind === kind) pending++;
  return pending;
}

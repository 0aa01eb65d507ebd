import type { coresdk } from '@temporalio/proto';
import { type Command, CommandType, type Payload } from '../proto.ts';
import type { Annotations } from './machines/machine.ts';
import { asPayloads } from './machines/payloads.ts';

type Lang = coresdk.workflow_commands.IWorkflowCommand;
type Some<Name extends keyof Lang> = NonNullable<Lang[Name]>;
type Fields = Record<string, Payload>;

const Type = CommandType;

/** An empty map counts as no map. */
function fieldsOf(fields: Fields | null | undefined): { fields: Fields } | null {
  return fields && Object.keys(fields).length > 0 ? { fields } : null;
}

/** `StartTimer` as the server takes it. */
export function startTimer(c: Some<'startTimer'>, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_START_TIMER,
    startTimerCommandAttributes: {
      timerId: String(c.seq ?? 0),
      startToFireTimeout: c.startToFireTimeout ?? null,
    },
  };
}

/** `ScheduleActivity` as the server takes it. Eager execution is asked for unless the language side does not want it. */
export function scheduleActivity(
  c: Some<'scheduleActivity'>,
  useWorkflowBuildId: boolean,
  annotations: Annotations,
): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
    scheduleActivityTaskCommandAttributes: {
      activityId: c.activityId ?? '',
      activityType: { name: c.activityType ?? '' },
      taskQueue: { name: c.taskQueue ?? '' },
      header: { fields: c.headers ?? {} },
      input: asPayloads(c.arguments) ?? null,
      scheduleToCloseTimeout: c.scheduleToCloseTimeout ?? null,
      scheduleToStartTimeout: c.scheduleToStartTimeout ?? null,
      startToCloseTimeout: c.startToCloseTimeout ?? null,
      heartbeatTimeout: c.heartbeatTimeout ?? null,
      retryPolicy: c.retryPolicy ?? null,
      requestEagerExecution: !c.doNotEagerlyExecute,
      useWorkflowBuildId,
      priority: c.priority ?? null,
    },
  };
}

/** `StartChildWorkflowExecution` as the server takes it. */
export function startChildWorkflow(
  c: Some<'startChildWorkflowExecution'>,
  inheritBuildId: boolean,
  annotations: Annotations,
): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
    startChildWorkflowExecutionCommandAttributes: {
      namespace: c.namespace ?? '',
      workflowId: c.workflowId ?? '',
      workflowType: { name: c.workflowType ?? '' },
      taskQueue: { name: c.taskQueue ?? '' },
      header: { fields: c.headers ?? {} },
      memo: { fields: c.memo ?? {} },
      searchAttributes: c.searchAttributes ?? null,
      input: asPayloads(c.input) ?? null,
      workflowIdReusePolicy: c.workflowIdReusePolicy ?? 0,
      workflowExecutionTimeout: c.workflowExecutionTimeout ?? null,
      workflowRunTimeout: c.workflowRunTimeout ?? null,
      workflowTaskTimeout: c.workflowTaskTimeout ?? null,
      retryPolicy: c.retryPolicy ?? null,
      cronSchedule: c.cronSchedule ?? '',
      // The two enums name the same policies with the same numbers.
      parentClosePolicy: (c.parentClosePolicy ?? 0) as number,
      inheritBuildId,
      priority: c.priority ?? null,
    },
  };
}

/** `SignalExternalWorkflowExecution` as the server takes it; a child is looked for in the run's own namespace. */
export function signalExternal(
  c: Some<'signalExternalWorkflowExecution'>,
  ownNamespace: string,
  annotations: Annotations,
): Command {
  const target = c.workflowExecution;
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
    signalExternalWorkflowExecutionCommandAttributes: {
      namespace: target ? (target.namespace ?? '') : ownNamespace,
      execution: {
        workflowId: target ? (target.workflowId ?? '') : (c.childWorkflowId ?? ''),
        runId: target?.runId ?? '',
      },
      header: fieldsOf(c.headers),
      signalName: c.signalName ?? '',
      input: asPayloads(c.args) ?? null,
      childWorkflowOnly: !target,
    },
  };
}

type CancelExternal = NonNullable<Command['requestCancelExternalWorkflowExecutionCommandAttributes']>;

/** `RequestCancelExternalWorkflowExecution` as the server takes it. */
export function cancelExternal(attributes: CancelExternal, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
    requestCancelExternalWorkflowExecutionCommandAttributes: attributes,
  };
}

/** `UpsertWorkflowSearchAttributes` as the server takes it. */
export function upsertSearchAttributes(c: Some<'upsertWorkflowSearchAttributes'>, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    upsertWorkflowSearchAttributesCommandAttributes: {
      searchAttributes: c.searchAttributes ?? {},
    },
  };
}

/** `ModifyWorkflowProperties` as the server takes it. */
export function modifyProperties(c: Some<'modifyWorkflowProperties'>, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
    modifyWorkflowPropertiesCommandAttributes: { upsertedMemo: c.upsertedMemo ?? null },
  };
}

/** `CompleteWorkflowExecution` as the server takes it. */
export function completeWorkflow(c: Some<'completeWorkflowExecution'>, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
    completeWorkflowExecutionCommandAttributes: {
      result: c.result ? { payloads: [c.result] } : null,
    },
  };
}

/** `FailWorkflowExecution` as the server takes it. */
export function failWorkflow(c: Some<'failWorkflowExecution'>, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
    failWorkflowExecutionCommandAttributes: { failure: c.failure ?? null },
  };
}

/** `CancelWorkflowExecution` as the server takes it. */
export function cancelWorkflow(c: Some<'cancelWorkflowExecution'>, annotations: Annotations): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION,
    cancelWorkflowExecutionCommandAttributes: { details: c.details ?? null },
  };
}

/** `ContinueAsNewWorkflowExecution` as the server takes it. */
export function continueAsNew(
  c: Some<'continueAsNewWorkflowExecution'>,
  inheritBuildId: boolean,
  annotations: Annotations,
): Command {
  return {
    ...annotations,
    commandType: Type.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
    continueAsNewWorkflowExecutionCommandAttributes: {
      workflowType: { name: c.workflowType ?? '' },
      taskQueue: { name: c.taskQueue ?? '' },
      input: asPayloads(c.arguments) ?? null,
      workflowRunTimeout: c.workflowRunTimeout ?? null,
      workflowTaskTimeout: c.workflowTaskTimeout ?? null,
      memo: fieldsOf(c.memo),
      header: fieldsOf(c.headers),
      retryPolicy: c.retryPolicy ?? null,
      searchAttributes: c.searchAttributes ?? null,
      backoffStartInterval: c.backoffStartInterval ?? null,
      inheritBuildId,
      initialVersioningBehavior: c.initialVersioningBehavior ?? 0,
    },
  };
}

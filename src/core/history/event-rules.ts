/** A field that names an earlier event. */
export interface Reference {
  readonly field: string;
  /** Types of event that it may name. */
  readonly to: readonly string[];
  /** It may be absent. Default: it may not. */
  readonly optional?: true;
  /** A field that has the same value here and in the event that is named. */
  readonly same?: string;
}

/** What holds for all events of one type. */
export interface EventRule {
  readonly references?: readonly Reference[];
  /** What it settles, and the field with the event that opened that. Each is settled at most once. */
  readonly settles?: { readonly what: string; readonly by: string };
  /** Comes from a command: it stands with others right after the completed task that gave it. */
  readonly command?: true;
  /** Ends the run. */
  readonly closes?: true;
  /** May happen while a task is out, and is then written after it, with its own time. */
  readonly buffered?: true;
}

const task: Reference = { field: 'workflowTaskCompletedEventId', to: ['WorkflowTaskCompleted'] };
const taskScheduled: Reference = { field: 'scheduledEventId', to: ['WorkflowTaskScheduled'] };
const taskStarted: Reference = { field: 'startedEventId', to: ['WorkflowTaskStarted'], same: 'scheduledEventId' };
const activity: Reference = { field: 'scheduledEventId', to: ['ActivityTaskScheduled'] };
const activityStarted: Reference = { field: 'startedEventId', to: ['ActivityTaskStarted'], same: 'scheduledEventId' };
const timer: Reference = { field: 'startedEventId', to: ['TimerStarted'], same: 'timerId' };
const child: Reference = { field: 'initiatedEventId', to: ['StartChildWorkflowExecutionInitiated'] };
const childStarted: Reference = {
  field: 'startedEventId',
  to: ['ChildWorkflowExecutionStarted'],
  same: 'initiatedEventId',
};
const signal: Reference = { field: 'initiatedEventId', to: ['SignalExternalWorkflowExecutionInitiated'] };
const cancel: Reference = { field: 'initiatedEventId', to: ['RequestCancelExternalWorkflowExecutionInitiated'] };

const command: EventRule = { references: [task], command: true };
const closingCommand: EventRule = { ...command, closes: true };
const taskEnd: EventRule = {
  references: [taskScheduled, taskStarted],
  settles: { what: 'task', by: 'scheduledEventId' },
};
const activityEnd: EventRule = {
  references: [activity, activityStarted],
  settles: { what: 'activity', by: 'scheduledEventId' },
  buffered: true,
};
const childEnd: EventRule = {
  references: [child, childStarted],
  settles: { what: 'child', by: 'initiatedEventId' },
  buffered: true,
};
const signalEnd: EventRule = {
  references: [signal],
  settles: { what: 'signal', by: 'initiatedEventId' },
  buffered: true,
};
const cancelEnd: EventRule = {
  references: [cancel],
  settles: { what: 'cancel request', by: 'initiatedEventId' },
  buffered: true,
};
const happens: EventRule = { buffered: true };

/** What holds for events, by the name of their type. Types that are not here have no rules of their own. */
export const eventRules: Readonly<Record<string, EventRule>> = {
  WorkflowExecutionCompleted: closingCommand,
  WorkflowExecutionFailed: closingCommand,
  WorkflowExecutionCanceled: closingCommand,
  WorkflowExecutionContinuedAsNew: closingCommand,
  WorkflowExecutionTimedOut: { closes: true },
  WorkflowExecutionTerminated: { closes: true },
  WorkflowExecutionSignaled: happens,
  WorkflowExecutionCancelRequested: happens,
  WorkflowExecutionOptionsUpdated: happens,
  WorkflowExecutionPaused: happens,
  WorkflowExecutionUnpaused: happens,

  WorkflowTaskStarted: { references: [taskScheduled], settles: { what: 'task start', by: 'scheduledEventId' } },
  WorkflowTaskCompleted: taskEnd,
  WorkflowTaskFailed: taskEnd,
  // One that waited too long for its worker was never started.
  WorkflowTaskTimedOut: { ...taskEnd, references: [taskScheduled, { ...taskStarted, optional: true }] },

  ActivityTaskScheduled: command,
  ActivityTaskCancelRequested: { ...command, references: [task, activity] },
  ActivityTaskStarted: {
    references: [activity],
    settles: { what: 'activity start', by: 'scheduledEventId' },
    buffered: true,
  },
  ActivityTaskCompleted: activityEnd,
  ActivityTaskFailed: activityEnd,
  ActivityTaskTimedOut: { ...activityEnd, references: [activity, { ...activityStarted, optional: true }] },
  ActivityTaskCanceled: {
    ...activityEnd,
    references: [
      activity,
      { ...activityStarted, optional: true },
      {
        field: 'latestCancelRequestedEventId',
        to: ['ActivityTaskCancelRequested'],
        optional: true,
        same: 'scheduledEventId',
      },
    ],
  },

  TimerStarted: command,
  TimerFired: { references: [timer], settles: { what: 'timer', by: 'startedEventId' }, buffered: true },
  TimerCanceled: { ...command, references: [task, timer], settles: { what: 'timer', by: 'startedEventId' } },

  StartChildWorkflowExecutionInitiated: command,
  StartChildWorkflowExecutionFailed: {
    references: [{ ...child, same: 'workflowId' }],
    settles: { what: 'child start', by: 'initiatedEventId' },
    buffered: true,
  },
  ChildWorkflowExecutionStarted: {
    references: [child],
    settles: { what: 'child start', by: 'initiatedEventId' },
    buffered: true,
  },
  ChildWorkflowExecutionCompleted: childEnd,
  ChildWorkflowExecutionFailed: childEnd,
  ChildWorkflowExecutionCanceled: childEnd,
  ChildWorkflowExecutionTimedOut: childEnd,
  ChildWorkflowExecutionTerminated: childEnd,

  SignalExternalWorkflowExecutionInitiated: command,
  SignalExternalWorkflowExecutionFailed: signalEnd,
  ExternalWorkflowExecutionSignaled: signalEnd,
  RequestCancelExternalWorkflowExecutionInitiated: command,
  RequestCancelExternalWorkflowExecutionFailed: cancelEnd,
  ExternalWorkflowExecutionCancelRequested: cancelEnd,

  MarkerRecorded: command,
  UpsertWorkflowSearchAttributes: command,
  WorkflowPropertiesModified: command,

  WorkflowExecutionUpdateCompleted: {
    references: [{ field: 'acceptedEventId', to: ['WorkflowExecutionUpdateAccepted'] }],
    settles: { what: 'update', by: 'acceptedEventId' },
  },
};

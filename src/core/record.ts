import type { temporal } from '@temporalio/proto';
import type { Failure, HistoryEvent, Payloads } from './proto.ts';
import type { ScheduledStart, ScheduleState, StartedRun } from './schedule/state.ts';

/** Names one run: a workflow id may have many runs, one after another. */
export interface RunKey {
  /** Where it is. */
  readonly namespace: string;
  /** Shared by all runs of one workflow. */
  readonly workflowId: string;
  /** Its own. */
  readonly runId: string;
}

/**
 * All that the rules need to know about a run, beside its history: what Temporal's server calls mutable state. Times are milliseconds since
 * the epoch, durations milliseconds; `0` stands for "no limit". Everything heavy that stands in an event (inputs, results) is referenced by
 * the event's id. A record is never changed in place: a `RunDraft` works on a copy.
 */
export interface RunRecord extends RunKey {
  /** First run of the chain (continue-as-new, retry, cron). */
  readonly firstRunId: string;
  readonly previousRunId: string | undefined;
  nextRunId: string | undefined;
  /** The run that goes on from an earlier point of this one. Left out: it was not reset. */
  resetRunId?: string;
  /** Where the run comes from that goes on from an earlier point of another one. Left out: it does not. */
  readonly resetFrom?: ResetOrigin;
  readonly parent: ParentLink | undefined;
  readonly root: { readonly workflowId: string; readonly runId: string };
  readonly workflowType: string;
  readonly taskQueue: string;
  status: temporal.api.enums.v1.WorkflowExecutionStatus;
  readonly startTime: number;
  /** When the first workflow task may be scheduled; later than `startTime` for a delayed start. */
  readonly executionTime: number;
  closeTime: number | undefined;
  /** Who has paused the run; `undefined` while it is not paused, and in records of versions that could not pause. */
  pause: Pause | undefined;
  /** Deadline of the whole chain. */
  readonly executionDeadline: number;
  /** Deadline of this run. */
  readonly runDeadline: number;
  readonly executionTimeout: number;
  readonly runTimeout: number;
  readonly taskTimeout: number;
  /** What happens after a failure of the run; `undefined` for nothing. */
  readonly retryPolicy: temporal.api.common.v1.IRetryPolicy | undefined;
  /** When the chain goes on with another run after this one has ended. Left out: never. */
  readonly cronSchedule?: string;
  /** Runs of the chain that failed and were tried again, this one included, from 1. */
  readonly attempt: number;
  readonly userMetadata: temporal.api.sdk.v1.IUserMetadata | undefined;
  /** Whose turn comes first when workers are busy. Left out: the default. */
  readonly priority?: temporal.api.common.v1.IPriority;
  /** Where each build of the workers' code did its first workflow task in this chain. */
  resetPoints: readonly temporal.api.workflow.v1.IResetPointInfo[];
  /** Who asked for the start; a repeated start with the same id answers with this run. */
  readonly startRequestId: string;
  /** Request ids of signals and cancel requests that were accepted, against repeats. */
  requestIds: ReadonlySet<string>;
  nextEventId: number;
  /** Number of commits that changed this run. */
  stateTransitionCount: number;
  historySizeBytes: number;
  memo: temporal.api.common.v1.IMemo | undefined;
  searchAttributes: temporal.api.common.v1.ISearchAttributes | undefined;
  cancelRequested: boolean;
  signalCount: number;
  /** The workflow task that is scheduled or out, if any. */
  workflowTask: WorkflowTask | undefined;
  /** Failures of workflow tasks in a row; only the first writes events. */
  workflowTaskAttempt: number;
  /** `WorkflowTaskStarted` of the last completed workflow task; 0 before the first. */
  previousStartedEventId: number;
  /** The queue of the worker that holds the run in its cache. */
  sticky: { readonly queue: string; readonly scheduleToStartTimeout: number } | undefined;
  activities: ReadonlyMap<number, PendingActivity>;
  timers: ReadonlyMap<string, PendingTimer>;
  children: ReadonlyMap<number, PendingChild>;
  externals: ReadonlyMap<number, PendingExternal>;
  updates: ReadonlyMap<string, UpdateRecord>;
  /** The inbox: events that came while a workflow task was out; they get their ids when it ends. */
  buffered: readonly HistoryEvent[];
  /** What must still be done outside of this run; each is redone until it is confirmed. */
  effects: readonly Effect[];
  /** The schedule that waits for the end of this run's chain. Left out: none does. */
  scheduledBy?: RunKey;
  /** This is a schedule, which no workflow belongs to: it has no tasks and no history. Left out: it is a run of a workflow. */
  schedule?: ScheduleState;
}

/** Who has paused a run, when and why. */
export interface Pause {
  readonly time: number;
  readonly identity: string;
  readonly reason: string;
  /** A repeated request with the same id changes nothing. */
  readonly requestId: string;
}

/** The run whose history another run's begins with. */
export interface ResetOrigin {
  /** The run that was reset. */
  readonly baseRunId: string;
  /** The last event that both have. */
  readonly lastEventId: number;
  /** The run that was first in a row of resets: all of them are one run to their children. */
  readonly originalRunId: string;
  /** When that one was started. Milliseconds since the epoch. */
  readonly originalStartTime: number;
}

/** The run that started this one as its child. */
export interface ParentLink extends RunKey {
  readonly initiatedEventId: number;
}

/** `normal` has events as usual; `transient` (a retry) and `speculative` (for an update) write theirs when they complete. */
export type WorkflowTaskKind = 'normal' | 'transient' | 'speculative';

/** The workflow task of a run that is scheduled or out. */
export interface WorkflowTask {
  readonly kind: WorkflowTaskKind;
  readonly scheduledEventId: number;
  /** 0 until a worker took the task. */
  readonly startedEventId: number;
  readonly attempt: number;
  readonly scheduledTime: number;
  readonly startedTime: number;
  readonly requestId: string;
  readonly identity: string;
  /** Build of the worker's code. */
  readonly buildId: string;
  /** What the worker was told when it took the task; written with the started event. */
  readonly suggestContinueAsNew: boolean;
  readonly historySizeBytes: number;
  /** By this time a worker has to take it: then it is offered anew, on the run's own queue. 0 when it may wait for ever. */
  readonly startDeadline: number;
}

/** An activity that has not ended. Times and timeouts as in the record. */
export interface PendingActivity {
  readonly scheduledEventId: number;
  readonly activityId: string;
  readonly activityType: string;
  readonly taskQueue: string;
  readonly attempt: number;
  readonly state: 'scheduled' | 'started';
  readonly scheduledTime: number;
  /** When the current attempt may be taken. */
  readonly attemptScheduledTime: number;
  readonly startedTime: number;
  readonly lastHeartbeatTime: number;
  readonly heartbeatDetails: Payloads | undefined;
  readonly lastFailure: Failure | undefined;
  readonly lastWorkerIdentity: string;
  readonly identity: string;
  readonly requestId: string;
  readonly cancelRequestedEventId: number;
  readonly scheduleToStartTimeout: number;
  readonly scheduleToCloseTimeout: number;
  readonly startToCloseTimeout: number;
  readonly heartbeatTimeout: number;
  readonly retryPolicy: temporal.api.common.v1.IRetryPolicy | undefined;
  /** What it asks for itself; what it leaves open is the run's. */
  readonly priority?: temporal.api.common.v1.IPriority;
}

/** A timer that has not fired. */
export interface PendingTimer {
  readonly timerId: string;
  readonly startedEventId: number;
  readonly fireAt: number;
}

/** A child that has not ended, as far as its parent knows. */
export interface PendingChild {
  readonly initiatedEventId: number;
  /** 0 until the child was started. */
  readonly startedEventId: number;
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly parentClosePolicy: temporal.api.enums.v1.ParentClosePolicy;
}

/** A signal or cancel request to another run whose answer has not come yet. */
export interface PendingExternal {
  readonly initiatedEventId: number;
  readonly kind: 'signal' | 'cancel';
}

/** An update that a workflow accepted, or that history holds for it after a reset; rejected ones leave no trace. */
export interface UpdateRecord {
  readonly updateId: string;
  /** 0 until it was accepted. */
  readonly acceptedEventId: number;
  /** 0 until it completed. */
  readonly completedEventId: number;
}

/**
 * Something to be done outside of a run, recorded with the events that ask for it. `id` is unique within the run; the receiver drops repeats by it.
 * - `startChild`, `signalExternal`, `cancelExternal`: the `…Initiated` event with id `eventId` says what.
 * - `notifyParent`: tells the parent that this run has closed (event `eventId`).
 * - `closeChild`: applies a parent close policy to a child.
 * - `startScheduled`: starts what this schedule is for; `isTracked` when the schedule waits for its end.
 * - `stopScheduled`: ends a run that this schedule has started, for another one.
 * - `notifySchedule`: tells the schedule that this run's chain has ended (event `eventId`).
 */
export type Effect =
  | { readonly kind: 'startChild' | 'signalExternal' | 'cancelExternal'; readonly id: string; readonly eventId: number }
  | { readonly kind: 'notifyParent'; readonly id: string; readonly eventId: number }
  | {
      readonly kind: 'closeChild';
      readonly id: string;
      readonly child: RunKey;
      readonly policy: 'terminate' | 'cancel';
    }
  | {
      readonly kind: 'startScheduled';
      readonly id: string;
      readonly start: ScheduledStart;
      readonly isTracked: boolean;
    }
  | {
      readonly kind: 'stopScheduled';
      readonly id: string;
      readonly target: StartedRun;
      readonly policy: 'terminate' | 'cancel';
    }
  | { readonly kind: 'notifySchedule'; readonly id: string; readonly eventId: number };

import Long from 'long';
import proto from '@temporalio/proto';
import type { google, temporal } from '@temporalio/proto';

/** An event of a run's history, as Temporal's API defines it. Never changed once it has an id. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
/** A command of a workflow task's completion. */
export type Command = temporal.api.command.v1.ICommand;
/** A failure with its causes. */
export type Failure = temporal.api.failure.v1.IFailure;
/** A list of encoded values. */
export type Payloads = temporal.api.common.v1.IPayloads;
/** One encoded value. */
export type Payload = temporal.api.common.v1.IPayload;
/** A protocol message (updates travel as such). */
export type ProtocolMessage = temporal.api.protocol.v1.IMessage;

type Enums = typeof temporal.api.enums.v1;

const enums: Enums = proto.temporal.api.enums.v1;

/** Kinds of history events. */
export const EventType: Enums['EventType'] = enums.EventType;
/** Kinds of commands. */
export const CommandType: Enums['CommandType'] = enums.CommandType;
/** How far a run has come. */
export const WorkflowExecutionStatus: Enums['WorkflowExecutionStatus'] = enums.WorkflowExecutionStatus;
/** Whether the id of a closed run may be used again. */
export const WorkflowIdReusePolicy: Enums['WorkflowIdReusePolicy'] = enums.WorkflowIdReusePolicy;
/** What a start does when a run with its id is open. */
export const WorkflowIdConflictPolicy: Enums['WorkflowIdConflictPolicy'] = enums.WorkflowIdConflictPolicy;
/** Which limit was passed. */
export const TimeoutType: Enums['TimeoutType'] = enums.TimeoutType;
/** Why there is no further attempt, or that there is one. */
export const RetryState: Enums['RetryState'] = enums.RetryState;
/** Why a workflow task failed. */
export const WorkflowTaskFailedCause: Enums['WorkflowTaskFailedCause'] = enums.WorkflowTaskFailedCause;
/** What becomes of a child when its parent closes. */
export const ParentClosePolicy: Enums['ParentClosePolicy'] = enums.ParentClosePolicy;
/** Why a run goes on as a new one. */
export const ContinueAsNewInitiator: Enums['ContinueAsNewInitiator'] = enums.ContinueAsNewInitiator;
/** Why a child could not be started. */
export const StartChildWorkflowExecutionFailedCause: Enums['StartChildWorkflowExecutionFailedCause'] =
  enums.StartChildWorkflowExecutionFailedCause;
/** Why a signal did not reach another run. */
export const SignalExternalWorkflowExecutionFailedCause: Enums['SignalExternalWorkflowExecutionFailedCause'] =
  enums.SignalExternalWorkflowExecutionFailedCause;
/** Why a cancel request did not reach another run. */
export const CancelExternalWorkflowExecutionFailedCause: Enums['CancelExternalWorkflowExecutionFailedCause'] =
  enums.CancelExternalWorkflowExecutionFailedCause;
/** How far an activity has come, for those who look. */
export const PendingActivityState: Enums['PendingActivityState'] = enums.PendingActivityState;
/** What values of a search attribute are. */
export const IndexedValueType: Enums['IndexedValueType'] = enums.IndexedValueType;
/** Whether a task queue is for everybody or for one worker's cache. */
export const TaskQueueKind: Enums['TaskQueueKind'] = enums.TaskQueueKind;
/** What a task queue has tasks for. */
export const TaskQueueType: Enums['TaskQueueType'] = enums.TaskQueueType;
/** Who bounds the rate of a task queue. */
export const RateLimitSource: Enums['RateLimitSource'] = enums.RateLimitSource;
/** How task queues are described. */
export const DescribeTaskQueueMode: Enums['DescribeTaskQueueMode'] = enums.DescribeTaskQueueMode;

/** What a schedule does when the run that it started before is still open. */
export const ScheduleOverlapPolicy: Enums['ScheduleOverlapPolicy'] = enums.ScheduleOverlapPolicy;

/** Milliseconds since the epoch as a protobuf timestamp. */
export function toTimestamp(ms: number): google.protobuf.ITimestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds: Long.fromNumber(seconds), nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}

/** Milliseconds of a protobuf timestamp or duration; `undefined` when it is not set. */
export function toMillis(
  value: google.protobuf.ITimestamp | google.protobuf.IDuration | null | undefined,
): number | undefined {
  if (value === null || value === undefined) return undefined;
  return toNumber(value.seconds) * 1000 + (value.nanos ?? 0) / 1_000_000;
}

/** Milliseconds of a duration; 0 when it is not set, as Temporal treats the two alike. */
export function durationMs(value: google.protobuf.IDuration | null | undefined): number {
  return toMillis(value) ?? 0;
}

/** Milliseconds as a protobuf duration. */
export function toDuration(ms: number): google.protobuf.IDuration {
  return toTimestamp(ms);
}

/** An int64 field as a number. Event ids, sizes and seconds stay far below 2^53. */
export function toNumber(value: Long | number | string | null | undefined): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : value.toNumber();
}

/** A number as an int64 field. */
export function toLong(value: number): Long {
  return Long.fromNumber(value);
}

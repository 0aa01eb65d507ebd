import type { coresdk, google } from '@temporalio/proto';
import type { Failure, Payload } from '../../proto.ts';
import type { Annotations } from '../machines/machine.ts';

type Command = coresdk.workflow_commands.IScheduleLocalActivity;
type Timestamp = google.protobuf.ITimestamp;

/** A local activity as a workflow asks for it, checked and with what it left open. Times are in milliseconds. */
export interface LocalSchedule {
  readonly seq: number;
  readonly command: Command;
  readonly annotations: Annotations;
  /** The attempt to begin with: more than 1 after the workflow waited for a retry. */
  readonly attempt: number;
  /** When the first attempt was asked for, by the worker's clock. */
  readonly originalScheduleTime: Timestamp;
  readonly scheduleToStartMs: number | undefined;
  readonly scheduleToCloseMs: number | undefined;
  readonly startToCloseMs: number | undefined;
  /** A retry that is further away than this is waited for by the workflow, with a timer. */
  readonly localRetryThresholdMs: number;
}

/** How an execution of a local activity ended. */
export type LocalOutcome =
  | { readonly kind: 'completed'; readonly result: Payload | null | undefined }
  | { readonly kind: 'failed' | 'timed-out' | 'cancelled'; readonly failure: Failure | null | undefined };

/** What a workflow is to hear of a local activity that ran here. */
export interface LocalResolution {
  readonly seq: number;
  readonly outcome: LocalOutcome;
  /** How long the last attempt took, in milliseconds: workflow time advances by it. */
  readonly runtimeMs: number;
  readonly attempt: number;
  /** Set when the workflow is to wait for the next attempt, in milliseconds. */
  readonly backoffMs?: number;
  readonly originalScheduleTime?: Timestamp | undefined;
}

/** A resolution as a marker keeps it: with the time of the workflow at which it counts. */
export interface RecordedResolution {
  readonly outcome: LocalOutcome;
  readonly attempt: number;
  readonly completeTime: Timestamp | undefined;
  readonly backoffMs: number | undefined;
  readonly originalScheduleTime: Timestamp | undefined;
}

/** Who runs the local activities of a worker's runs. None of these may call back synchronously. */
export interface LocalActivityHost {
  /** The worker's clock, in milliseconds since the epoch. */
  now(): number;
  /** Runs an activity. Returns its resolution when it need not begin at all. */
  start(run: LocalRun, schedule: LocalSchedule): LocalResolution | undefined;
  /** Asks a running activity to stop. One that waits for a retry is over at once: its resolution is returned. */
  cancel(runId: string, seq: number): LocalResolution | undefined;
  /** The run's workflow task was answered. */
  taskAnswered(runId: string): void;
  /** Stops all activities of the run. Nobody hears of them any more. */
  forget(runId: string): void;
  /** Tells the run at that time that its workflow task has been out for long enough. Returns how to call it off. */
  heartbeatAt(runId: string, at: number): () => void;
}

/** Which run an activity belongs to. */
export interface LocalRun {
  readonly runId: string;
  readonly workflowId: string;
  readonly workflowType: string;
}

/** The failure of a cancelled local activity that says no more. */
export function cancelledOutcome(): LocalOutcome {
  return { kind: 'cancelled', failure: { message: 'Activity cancelled', canceledFailureInfo: {} } };
}

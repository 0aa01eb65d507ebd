import type { temporal } from '@temporalio/proto';
import type { Failure, Payloads } from '../proto.ts';
import type { ScheduleSpec } from './canonical.ts';

/** What workflow ids of schedules begin with, as on a Temporal server, where a schedule is a workflow. */
export const scheduleIdPrefix = 'temporal-sys-scheduler:';
/** The workflow type of a schedule: no list of workflows has it. */
export const scheduleType = 'temporal-sys-scheduler-workflow';

/** What a schedule does, when and how, as the API has it. */
export type Schedule = temporal.api.schedule.v1.ISchedule;
/** What a schedule starts. */
export type NewWorkflow = temporal.api.workflow.v1.INewWorkflowExecutionInfo;
/** What is done when the run that was started before is still open (`ScheduleOverlapPolicy`). */
export type OverlapPolicy = temporal.api.enums.v1.ScheduleOverlapPolicy;

/** A schedule with everything that has a default. */
export interface CompleteSchedule {
  /** In its canonical form. */
  readonly spec: ScheduleSpec;
  readonly action: temporal.api.schedule.v1.IScheduleAction;
  readonly policies: {
    readonly overlapPolicy: OverlapPolicy;
    /** Milliseconds: what is later than that is not made up for. */
    readonly catchupWindow: number;
    readonly pauseOnFailure: boolean;
    /** Kept and shown; as on a Temporal server, workflow ids end with the time all the same. */
    readonly keepOriginalWorkflowId: boolean;
  };
  readonly state: {
    readonly notes: string;
    readonly paused: boolean;
    readonly limitedActions: boolean;
    readonly remainingActions: number;
  };
}

/** A start that was decided on. Times in milliseconds since the epoch. */
export interface ScheduledStart {
  /** As the spec has it; names the workflow. */
  readonly nominal: number;
  /** With jitter. */
  readonly actual: number;
  /** 0: as the schedule has it. */
  readonly overlapPolicy: OverlapPolicy;
  /** Asked for by somebody: pauses, limits and windows do not hold. */
  readonly manual: boolean;
}

/** A backfill that is not done yet. Bounds in milliseconds since the epoch, the first one excluded. */
export interface Backfill {
  readonly from: number;
  readonly to: number;
  readonly overlapPolicy: OverlapPolicy;
}

/** A run that was started, by the first run of its chain. */
export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** What a schedule has done. Times in milliseconds since the epoch. */
export interface RecentAction extends StartedRun {
  readonly scheduleTime: number;
  readonly actualTime: number;
  readonly status: temporal.api.enums.v1.WorkflowExecutionStatus;
}

/**
 * A schedule, within the record of a run that has neither tasks nor history. Only fields are ever replaced, never what they hold. Times are
 * milliseconds since the epoch.
 */
export interface ScheduleState {
  readonly scheduleId: string;
  /** The request that made it. */
  readonly createTime: number;
  schedule: CompleteSchedule;
  /** 0 before the first update. */
  updateTime: number;
  /** Counts changes of the schedule, for those who change it. */
  conflictToken: number;
  /** Up to here everything was dealt with. */
  lastProcessed: number;
  /** When there is something to do next; 0 for never. */
  wakeAt: number;
  /** Wait for others to end, or to be started. */
  buffered: readonly ScheduledStart[];
  backfills: readonly Backfill[];
  /** Runs that were started and are open, those that may overlap left out. */
  running: readonly StartedRun[];
  recent: readonly RecentAction[];
  actionCount: number;
  missedCatchupWindow: number;
  overlapSkipped: number;
  bufferDropped: number;
  /** Names effects. */
  effectCount: number;
  /** Of the last run that ended well. */
  lastCompletionResult: Payloads | undefined;
  /** Of the last run, when it failed. */
  continuedFailure: Failure | undefined;
}

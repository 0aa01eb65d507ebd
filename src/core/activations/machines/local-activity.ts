import proto from '@temporalio/proto';
import type { coresdk, google } from '@temporalio/proto';
import { type Command, type Failure, RetryState, toDuration, toMillis, toTimestamp } from '../../proto.ts';
import { fatal, nondeterminism } from '../errors.ts';
import { CoreFlag, type InternalFlags } from '../internal-flags.ts';
import { type LocalMarker, localMarkerCommand, localMarkerOf } from '../local/marker.ts';
import {
  cancelledOutcome,
  type LocalOutcome,
  type LocalResolution,
  type LocalSchedule,
  type RecordedResolution,
} from '../local/types.ts';
import { type Job, Machine, type MachineEvent } from './machine.ts';

const { ActivityCancellationType } = proto.coresdk.workflow_commands;

type Timestamp = google.protobuf.ITimestamp;
type Resolution = coresdk.activity_result.IActivityResolution;

const WAITING = 'WaitingResolveFromMarkerLookAhead';
const RESOLVED = 'ResolvedFromMarkerLookAheadWaitingMarkerEvent';

const TRANSITIONS = {
  RequestSent: { HandleResult: 'MarkerCommandCreated' },
  // A result that comes after the cancellation was already answered is of no interest.
  MarkerCommandCreated: { CommandRecordMarker: 'ResultNotified' },
  ResultNotified: { MarkerRecorded: 'MarkerCommandRecorded' },
  [WAITING]: { HandleKnownResult: RESOLVED, StartedNonReplayTask: 'RequestSent' },
  [RESOLVED]: { MarkerRecorded: 'MarkerCommandRecorded' },
};

/** What a local activity asks for while something happens to it. */
export interface LocalEmitter {
  job(job: Job): void;
  command(command: Command): void;
  advanceTime(time: Timestamp): void;
  /** Run it. */
  queue(): void;
  /** Stop it, wherever it is. */
  requestCancel(): void;
  /** The workflow does not wait for it any more. */
  abandon(): void;
}

/** An activity that runs in the worker, within the workflow task. History has its end only, as a marker. */
export class LocalActivityMachine extends Machine {
  readonly schedule: LocalSchedule;
  readonly #flags: InternalFlags;
  readonly #workflowTime: Timestamp | undefined;
  #replaying: boolean;
  #outcome: LocalOutcome['kind'] | undefined;

  constructor(
    schedule: LocalSchedule,
    flags: InternalFlags,
    context: { readonly replaying: boolean; readonly workflowTime: Timestamp | undefined },
  ) {
    super('LocalActivityMachine', 'Local activity machine', TRANSITIONS, context.replaying ? WAITING : 'RequestSent');
    this.schedule = schedule;
    this.#flags = flags;
    this.#replaying = context.replaying;
    this.#workflowTime = context.workflowTime;
  }

  /** On replay, and its marker was not met yet. */
  get awaitsMarker(): boolean {
    return this.state === WAITING;
  }

  /** Its marker was met ahead; the event itself is only compared. */
  get isKnown(): boolean {
    return this.state === RESOLVED;
  }

  /** Its marker is among the commands that were sent. */
  get sentMarker(): boolean {
    return this.state === 'ResultNotified';
  }

  /** Replay is over, and there was no marker: it never ended, so it has to run. */
  taskStarted(emit: LocalEmitter): void {
    if (!this.step('StartedNonReplayTask')) return;
    this.#replaying = false;
    emit.queue();
  }

  cancel(emit: LocalEmitter): void {
    const type = this.schedule.command.cancellationType ?? ActivityCancellationType.TRY_CANCEL;
    const waits = type === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
    if (this.state !== 'RequestSent' || waits) {
      emit.requestCancel();
      return;
    }
    this.step('HandleResult');
    if (type === ActivityCancellationType.TRY_CANCEL) emit.requestCancel();
    const { attempt, originalScheduleTime } = this.schedule;
    // No time passes with it: what cancelled it has advanced the clock.
    const outcome = cancelledOutcome();
    this.#resolve({ outcome, attempt, completeTime: undefined, backoffMs: undefined, originalScheduleTime }, emit);
  }

  /** It ended here. */
  finish(resolution: LocalResolution, emit: LocalEmitter): void {
    const { outcome, attempt, backoffMs, originalScheduleTime, runtimeMs } = resolution;
    if (!this.step('HandleResult')) return;
    const from = toMillis(this.#workflowTime);
    const completeTime = from === undefined ? undefined : toTimestamp(from + runtimeMs);
    this.#resolve({ outcome, attempt, completeTime, backoffMs, originalScheduleTime }, emit);
  }

  /** History says how it ended. */
  recall(resolution: RecordedResolution, emit: LocalEmitter): void {
    if (!this.step('HandleKnownResult')) {
      throw fatal(
        `Invalid transition resolving local activity (seq ${this.schedule.seq}, from marker: true) in ${this.state}`,
      );
    }
    this.#resolve(resolution, emit);
  }

  protected override onEvent(_: string, from: string, { event }: MachineEvent): void {
    const marker = localMarkerOf(event);
    if (from === 'ResultNotified') this.#compareOutcome(marker.outcome.kind === 'completed');
    this.#compare(marker);
  }

  #resolve(resolution: RecordedResolution, emit: LocalEmitter): void {
    const { outcome, completeTime } = resolution;
    this.#outcome = outcome.kind;
    const { seq } = this.schedule;
    emit.job({ resolveActivity: { seq, result: this.#resolutionFor(resolution), isLocal: true } });
    if (completeTime) emit.advanceTime(completeTime);
    const isAbandoned = this.schedule.command.cancellationType === ActivityCancellationType.ABANDON;
    if (isAbandoned && (outcome.kind === 'cancelled' || outcome.kind === 'timed-out')) emit.abandon();
    if (!this.#replaying) emit.command(localMarkerCommand(this.schedule, resolution));
  }

  #resolutionFor({ outcome, attempt, backoffMs, originalScheduleTime }: RecordedResolution): Resolution {
    if (backoffMs !== undefined) {
      return {
        backoff: {
          attempt: attempt + 1,
          backoffDuration: toDuration(backoffMs),
          originalScheduleTime: originalScheduleTime ?? null,
        },
      };
    }
    if (outcome.kind === 'completed') return { completed: { result: outcome.result ?? null } };
    const { failure } = outcome;
    if (outcome.kind === 'failed') return { failed: { failure: failure ?? null } };
    if (outcome.kind === 'timed-out') {
      return { failed: { failure: this.#wrap('Local Activity timed out', failure, failure?.timeoutFailureInfo) } };
    }
    return { cancelled: { failure: this.#wrap('Local Activity cancelled', failure, failure?.canceledFailureInfo) } };
  }

  /** A bare time-out or cancellation becomes the cause of an activity's failure. */
  #wrap(message: string, cause: Failure | null | undefined, isBare: unknown): Failure | null {
    if (!cause || !isBare) return cause ?? null;
    const { activityType, activityId } = this.schedule.command;
    return {
      message,
      cause,
      activityFailureInfo: {
        activityType: { name: activityType ?? '' },
        activityId: activityId ?? '',
        retryState: RetryState.RETRY_STATE_CANCEL_REQUESTED,
      },
    };
  }

  #compareOutcome(succeeded: boolean): void {
    const { seq } = this.schedule;
    if (this.#outcome === 'completed' && !succeeded) {
      throw nondeterminism(`Local activity (seq ${seq}) completed successfully locally, but history said it failed!`);
    }
    if ((this.#outcome === 'failed' || this.#outcome === 'timed-out') && succeeded) {
      throw nondeterminism(`Local activity (seq ${seq}) failed locally, but history said it completed!`);
    }
  }

  #compare(marker: LocalMarker): void {
    const { seq, command } = this.schedule;
    if (marker.seq !== seq) {
      throw nondeterminism(
        `Local activity marker data has sequence number ${marker.seq} but matched against LA command with sequence number ${seq}`,
      );
    }
    if (!this.#flags.tryUse(CoreFlag.idAndTypeChecks, !this.#replaying)) return;
    if (marker.activityId !== (command.activityId ?? '')) {
      throw nondeterminism(
        `Activity id of recorded marker '${marker.activityId}' does not match activity id of local activity command '${command.activityId}'`,
      );
    }
    if (marker.activityType !== (command.activityType ?? '')) {
      throw nondeterminism(
        `Activity type of recorded marker '${marker.activityType}' does not match activity type of local activity command '${command.activityType}'`,
      );
    }
  }
}

import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { CommandType, type Failure, type HistoryEvent, RetryState, toLong } from '../../proto.ts';
import { nondeterminism } from '../errors.ts';
import { CoreFlag, type InternalFlags } from '../internal-flags.ts';
import { eventId } from '../events.ts';
import {
  type Annotations,
  type Emitter,
  invalidTransition,
  Machine,
  type MachineEvent,
  overrideAnnotations,
} from './machine.ts';
import { singlePayload } from './payloads.ts';

const { ActivityCancellationType } = proto.coresdk.workflow_commands;

type Schedule = coresdk.workflow_commands.IScheduleActivity;
type CanceledAttributes = NonNullable<HistoryEvent['activityTaskCanceledEventAttributes']>;

const CLOSED_UNDER_CANCEL = {
  ActivityTaskCompleted: 'Completed',
  ActivityTaskFailed: 'Failed',
  ActivityTaskTimedOut: 'TimedOut',
  ActivityTaskCanceled: 'Canceled',
};

const TRANSITIONS = {
  ScheduleCommandCreated: {
    CommandScheduleActivityTask: 'ScheduleCommandCreated',
    ActivityTaskScheduled: 'ScheduledEventRecorded',
    Cancel: 'Canceled',
    Abandon: 'Canceled',
  },
  ScheduledEventRecorded: {
    ActivityTaskStarted: 'Started',
    ActivityTaskTimedOut: 'TimedOut',
    Cancel: 'ScheduledActivityCancelCommandCreated',
    Abandon: 'Canceled',
  },
  Started: {
    ActivityTaskCompleted: 'Completed',
    ActivityTaskFailed: 'Failed',
    ActivityTaskTimedOut: 'TimedOut',
    Cancel: 'StartedActivityCancelCommandCreated',
    Abandon: 'Canceled',
  },
  ScheduledActivityCancelCommandCreated: {
    CommandRequestCancelActivityTask: 'ScheduledActivityCancelCommandCreated',
    ActivityTaskCancelRequested: 'ScheduledActivityCancelEventRecorded',
  },
  ScheduledActivityCancelEventRecorded: {
    ActivityTaskStarted: 'StartedActivityCancelEventRecorded',
    ActivityTaskTimedOut: 'TimedOut',
    ActivityTaskCanceled: 'Canceled',
  },
  StartedActivityCancelCommandCreated: {
    CommandRequestCancelActivityTask: 'StartedActivityCancelCommandCreated',
    ActivityTaskCancelRequested: 'StartedActivityCancelEventRecorded',
  },
  StartedActivityCancelEventRecorded: CLOSED_UNDER_CANCEL,
  Canceled: {
    ActivityTaskStarted: 'Canceled',
    ActivityTaskCompleted: 'Canceled',
    ActivityTaskFailed: 'Canceled',
    ActivityTaskTimedOut: 'Canceled',
  },
};

const RESOLVED: ReadonlySet<string> = new Set(['Completed', 'Canceled', 'Failed', 'TimedOut']);

/** An activity on a task queue. */
export class ActivityMachine extends Machine {
  readonly #attributes: Schedule;
  readonly #flags: InternalFlags;
  #annotations: Annotations;
  #scheduledEventId = 0;
  #cancelledBeforeSent = false;

  constructor(attributes: Schedule, flags: InternalFlags, annotations: Annotations) {
    super('ActivityMachine', 'Activity machine', TRANSITIONS, 'ScheduleCommandCreated');
    this.#attributes = attributes;
    this.#flags = flags;
    this.#annotations = annotations;
  }

  override get cancelledBeforeSent(): boolean {
    return this.#cancelledBeforeSent;
  }

  cancel(annotations: Annotations, emit: Emitter): void {
    this.#annotations = overrideAnnotations(this.#annotations, annotations);
    if (RESOLVED.has(this.state)) return;
    const from = this.state;
    const abandon = this.#cancellationType === ActivityCancellationType.ABANDON;
    if (!this.step(abandon ? 'Abandon' : 'Cancel')) throw invalidTransition();
    if (from === 'ScheduleCommandCreated') this.#cancelledBeforeSent = true;
    if (this.state !== 'Canceled') {
      emit.command({
        ...this.#annotations,
        commandType: CommandType.COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
        requestCancelActivityTaskCommandAttributes: {
          scheduledEventId: toLong(this.#scheduledEventId),
        },
      });
      if (this.#waitsForCancellation) return;
    }
    this.#resolveCancelled({}, emit);
  }

  protected override onEvent(trigger: string, from: string, input: MachineEvent, emit: Emitter): void {
    if (trigger === 'ActivityTaskScheduled') this.#recordScheduled(input);
    if (from === 'Canceled') this.#checkLateEvent(trigger, input.event);
    // With the other cancellation types the language side already has its answer.
    const answered = from === 'Canceled' || (from.includes('Cancel') && !this.#waitsForCancellation);
    if (!answered) this.#resolve(trigger, input, emit);
  }

  get #cancellationType(): number {
    return this.#attributes.cancellationType ?? ActivityCancellationType.TRY_CANCEL;
  }

  get #waitsForCancellation(): boolean {
    return this.#cancellationType === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
  }

  #recordScheduled({ event, isLastTask }: MachineEvent): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (this.#flags.tryUse(CoreFlag.idAndTypeChecks, isLastTask)) {
      const id = scheduled?.activityId ?? '';
      const type = scheduled?.activityType?.name ?? '';
      if (id !== this.#attributes.activityId) {
        throw nondeterminism(
          `Activity id of scheduled event '${id}' does not match activity id of activity command '${this.#attributes.activityId}'`,
        );
      }
      if (type !== this.#attributes.activityType) {
        throw nondeterminism(
          `Activity type of scheduled event '${type}' does not match activity type of activity command '${this.#attributes.activityType}'`,
        );
      }
    }
    this.#scheduledEventId = eventId(event);
  }

  #checkLateEvent(trigger: string, event: HistoryEvent): void {
    if (this.#cancellationType === ActivityCancellationType.ABANDON) return;
    const what = trigger === 'ActivityTaskStarted' ? 'started' : 'completed';
    throw nondeterminism(
      `Non-Abandon cancel mode activities cannot be ${what} after being cancelled. Event: ${eventId(event)}`,
    );
  }

  #resolve(trigger: string, { event }: MachineEvent, emit: Emitter): void {
    if (trigger === 'ActivityTaskCompleted') {
      const result = singlePayload(event.activityTaskCompletedEventAttributes?.result, event);
      this.#emitResolution({ completed: { ...(result && { result }) } }, emit);
    } else if (trigger === 'ActivityTaskFailed') {
      const attributes = event.activityTaskFailedEventAttributes ?? {};
      const failure = this.#failure('Activity task failed', attributes, attributes.failure);
      this.#emitResolution({ failed: { failure } }, emit);
    } else if (trigger === 'ActivityTaskTimedOut') {
      const attributes = event.activityTaskTimedOutEventAttributes ?? {};
      const failure = this.#failure('Activity task timed out', attributes, attributes.failure);
      this.#emitResolution({ failed: { failure } }, emit);
    } else if (trigger === 'ActivityTaskCanceled') {
      this.#resolveCancelled(event.activityTaskCanceledEventAttributes ?? {}, emit);
    }
  }

  #resolveCancelled(attributes: CanceledAttributes, emit: Emitter): void {
    const cause = { canceledFailureInfo: { details: attributes.details ?? null } };
    const retryState = RetryState.RETRY_STATE_CANCEL_REQUESTED;
    const failure = this.#failure('Activity cancelled', { ...attributes, retryState }, cause);
    this.#emitResolution({ cancelled: { failure } }, emit);
  }

  #failure(message: string, attributes: FailureAttributes, cause: Failure | null | undefined): Failure {
    return {
      message,
      ...(cause && { cause }),
      activityFailureInfo: {
        identity: attributes.identity ?? '',
        activityType: { name: this.#attributes.activityType ?? '' },
        activityId: this.#attributes.activityId ?? '',
        retryState: attributes.retryState ?? RetryState.RETRY_STATE_UNSPECIFIED,
        ...(attributes.startedEventId && { startedEventId: attributes.startedEventId }),
        ...(attributes.scheduledEventId && { scheduledEventId: attributes.scheduledEventId }),
      },
    };
  }

  #emitResolution(result: coresdk.activity_result.IActivityResolution, emit: Emitter): void {
    emit.job({ resolveActivity: { seq: this.#attributes.seq ?? 0, result } });
  }
}

interface FailureAttributes {
  identity?: string | null;
  retryState?: CanceledRetryState;
  startedEventId?: CanceledAttributes['startedEventId'];
  scheduledEventId?: CanceledAttributes['scheduledEventId'];
}

type CanceledRetryState = NonNullable<Failure['activityFailureInfo']>['retryState'];

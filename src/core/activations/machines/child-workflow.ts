import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { type Failure, type HistoryEvent, RetryState, TimeoutType, toLong } from '../../proto.ts';
import { fatal, nondeterminism } from '../errors.ts';
import { eventId } from '../events.ts';
import { CoreFlag, type InternalFlags } from '../internal-flags.ts';
import {
  type Annotations,
  type Emitter,
  invalidTransition,
  Machine,
  type MachineEvent,
  overrideAnnotations,
} from './machine.ts';
import { singlePayload } from './payloads.ts';

const { ChildWorkflowCancellationType } = proto.coresdk.child_workflow;

type Start = coresdk.workflow_commands.IStartChildWorkflowExecution;
type RetryStateValue = NonNullable<NonNullable<Failure['childWorkflowExecutionFailureInfo']>['retryState']>;

const CLOSE_EVENTS = {
  ChildWorkflowExecutionCompleted: 'Completed',
  ChildWorkflowExecutionFailed: 'Failed',
  ChildWorkflowExecutionTimedOut: 'TimedOut',
  ChildWorkflowExecutionCanceled: 'Cancelled',
  ChildWorkflowExecutionTerminated: 'Terminated',
};

const TRANSITIONS = {
  StartCommandCreated: {
    CommandStartChildWorkflowExecution: 'StartCommandCreated',
    StartChildWorkflowExecutionInitiated: 'StartEventRecorded',
    Cancel: 'Cancelled',
  },
  // Where a cancellation leads depends on its type: see cancel().
  StartEventRecorded: {
    ChildWorkflowExecutionStarted: 'Started',
    StartChildWorkflowExecutionFailed: 'StartFailed',
    Cancel: 'StartEventRecorded',
  },
  Started: { ...CLOSE_EVENTS, Cancel: 'Started' },
  Cancelled: {
    Cancel: 'Cancelled',
    ChildWorkflowExecutionStarted: 'Cancelled',
    StartChildWorkflowExecutionFailed: 'Cancelled',
    ChildWorkflowExecutionCompleted: 'Cancelled',
    ChildWorkflowExecutionFailed: 'Cancelled',
    ChildWorkflowExecutionTimedOut: 'Cancelled',
    ChildWorkflowExecutionCanceled: 'Cancelled',
    ChildWorkflowExecutionTerminated: 'Cancelled',
  },
  Completed: { Cancel: 'Completed' },
  Failed: { Cancel: 'Failed' },
  StartFailed: { Cancel: 'StartFailed' },
  TimedOut: { Cancel: 'TimedOut' },
  Terminated: { Cancel: 'Terminated' },
};

/** A child workflow, from its start command to its end. */
export class ChildWorkflowMachine extends Machine {
  readonly #attributes: Start;
  readonly #flags: InternalFlags;
  #annotations: Annotations;
  #cancelledBeforeSent = false;
  #sawCancelled = false;
  #runId = '';
  #initiatedEventId = 0;
  #startedEventId = 0;

  constructor(attributes: Start, flags: InternalFlags, annotations: Annotations) {
    super('ChildWorkflowMachine', 'Child workflow machine', TRANSITIONS, 'StartCommandCreated');
    this.#attributes = attributes;
    this.#flags = flags;
    this.#annotations = annotations;
  }

  override get cancelledBeforeSent(): boolean {
    return this.#cancelledBeforeSent;
  }

  cancel(reason: string, annotations: Annotations, emit: Emitter): void {
    this.#annotations = overrideAnnotations(this.#annotations, annotations);
    const from = this.state;
    if (!this.step('Cancel')) throw invalidTransition();
    if (from === 'StartCommandCreated') {
      this.#cancelledBeforeSent = true;
      const failure = this.#failure(
        `Child Workflow Execution cancelled before scheduled: ${reason}`,
        RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE,
        { canceledFailureInfo: {} },
      );
      emit.job({ resolveChildWorkflowExecutionStart: { seq: this.#seq, cancelled: { failure } } });
    } else if (from === 'StartEventRecorded' || from === 'Started') {
      this.#cancelRunning(reason, emit);
    }
  }

  protected override onEvent(trigger: string, from: string, input: MachineEvent, emit: Emitter): void {
    if (trigger === 'StartChildWorkflowExecutionInitiated') this.#recordInitiated(input);
    else if (from === 'Cancelled') this.#checkLateEvent(trigger);
    else if (trigger === 'ChildWorkflowExecutionStarted') this.#recordStarted(input.event, emit);
    else if (trigger === 'StartChildWorkflowExecutionFailed') this.#startFailed(input.event, emit);
    else this.#resolveClosed(trigger, input.event, emit);
  }

  get #seq(): number {
    return this.#attributes.seq ?? 0;
  }

  get #cancellationType(): number {
    return this.#attributes.cancellationType ?? ChildWorkflowCancellationType.ABANDON;
  }

  get #resolvesAtOnce(): boolean {
    return (
      this.#cancellationType === ChildWorkflowCancellationType.ABANDON ||
      this.#cancellationType === ChildWorkflowCancellationType.TRY_CANCEL
    );
  }

  #cancelRunning(reason: string, emit: Emitter): void {
    if (this.#cancellationType !== ChildWorkflowCancellationType.ABANDON) {
      emit.cancelExternal(
        {
          namespace: this.#attributes.namespace ?? '',
          workflowId: this.#attributes.workflowId ?? '',
          runId: this.#runId,
          childWorkflowOnly: true,
          reason,
        },
        this.#annotations,
      );
    }
    if (this.#resolvesAtOnce) {
      this.state = 'Cancelled';
      this.#resolveCancelled(emit);
    }
  }

  #recordInitiated({ event, isLastTask }: MachineEvent): void {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (this.#flags.tryUse(CoreFlag.idAndTypeChecks, isLastTask)) {
      const id = initiated?.workflowId ?? '';
      const type = initiated?.workflowType?.name ?? '';
      if (id !== this.#attributes.workflowId) {
        throw nondeterminism(
          `Child workflow id of scheduled event '${id}' does not match child workflow id of command '${this.#attributes.workflowId}'`,
        );
      }
      if (type !== this.#attributes.workflowType) {
        throw nondeterminism(
          `Child workflow type of scheduled event '${type}' does not match child workflow type of command '${this.#attributes.workflowType}'`,
        );
      }
    }
    this.#initiatedEventId = eventId(event);
  }

  #recordStarted(event: HistoryEvent, emit: Emitter): void {
    const started = event.childWorkflowExecutionStartedEventAttributes;
    this.#startedEventId = eventId(event);
    this.#runId = started?.workflowExecution?.runId ?? '';
    emit.job({
      resolveChildWorkflowExecutionStart: { seq: this.#seq, succeeded: { runId: this.#runId } },
    });
  }

  #startFailed(event: HistoryEvent, emit: Emitter): void {
    // The two enums name the same causes with the same numbers.
    const cause = event.startChildWorkflowExecutionFailedEventAttributes?.cause ?? 0;
    emit.job({
      resolveChildWorkflowExecutionStart: {
        seq: this.#seq,
        failed: {
          workflowId: this.#attributes.workflowId ?? '',
          workflowType: this.#attributes.workflowType ?? '',
          cause: cause as number,
        },
      },
    });
  }

  #checkLateEvent(trigger: string): void {
    if (trigger === 'ChildWorkflowExecutionCanceled') {
      if (this.#sawCancelled) {
        throw fatal('Child workflow was cancelled twice: two ChildWorkflowExecutionCanceled events');
      }
      this.#sawCancelled = true;
    } else if (trigger in CLOSE_EVENTS && !this.#resolvesAtOnce) {
      throw nondeterminism(
        "Child workflows which don't resolve immediately on cancellation cannot complete after being cancelled.",
      );
    }
  }

  #resolveClosed(trigger: string, event: HistoryEvent, emit: Emitter): void {
    if (trigger === 'ChildWorkflowExecutionCompleted') {
      const result = singlePayload(event.childWorkflowExecutionCompletedEventAttributes?.result, event);
      this.#resolve({ completed: { ...(result && { result }) } }, emit);
    } else if (trigger === 'ChildWorkflowExecutionCanceled') {
      this.#sawCancelled = true;
      this.#resolveCancelled(emit);
    } else if (trigger === 'ChildWorkflowExecutionFailed') {
      const attributes = event.childWorkflowExecutionFailedEventAttributes;
      this.#resolveFailed('failed', attributes?.retryState, attributes?.failure, emit);
    } else if (trigger === 'ChildWorkflowExecutionTimedOut') {
      const attributes = event.childWorkflowExecutionTimedOutEventAttributes;
      const timeoutFailureInfo = { timeoutType: TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE };
      const cause = { message: 'Timed out', timeoutFailureInfo };
      this.#resolveFailed('timed out', attributes?.retryState, cause, emit);
    } else {
      const cause = { message: 'Terminated', terminatedFailureInfo: {} };
      const retryState = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE;
      this.#resolveFailed('terminated', retryState, cause, emit);
    }
  }

  #resolveFailed(
    what: string,
    retryState: RetryStateValue | null | undefined,
    cause: Failure | null | undefined,
    emit: Emitter,
  ): void {
    const failure = this.#failure(`Child Workflow execution ${what}`, retryState ?? 0, cause);
    this.#resolve({ failed: { failure } }, emit);
  }

  #resolveCancelled(emit: Emitter): void {
    const failure = this.#failure('Child Workflow execution cancelled', RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE, {
      canceledFailureInfo: {},
    });
    this.#resolve({ cancelled: { failure } }, emit);
  }

  #resolve(result: coresdk.child_workflow.IChildWorkflowResult, emit: Emitter): void {
    emit.job({ resolveChildWorkflowExecution: { seq: this.#seq, result } });
  }

  #failure(message: string, retryState: RetryStateValue, cause: Failure | null | undefined): Failure {
    return {
      message,
      ...(cause && { cause }),
      childWorkflowExecutionFailureInfo: {
        namespace: this.#attributes.namespace ?? '',
        workflowType: { name: this.#attributes.workflowType ?? '' },
        workflowExecution: { workflowId: this.#attributes.workflowId ?? '', runId: this.#runId },
        initiatedEventId: toLong(this.#initiatedEventId),
        startedEventId: toLong(this.#startedEventId),
        retryState,
      },
    };
  }
}

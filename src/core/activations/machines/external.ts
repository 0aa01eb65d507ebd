import {
  CancelExternalWorkflowExecutionFailedCause,
  type Failure,
  SignalExternalWorkflowExecutionFailedCause,
} from '../../proto.ts';
import { pascal } from '../events.ts';
import { type Emitter, invalidTransition, Machine, type MachineEvent } from './machine.ts';

const SIGNAL_TRANSITIONS = {
  SignalExternalCommandCreated: {
    CommandSignalExternalWorkflowExecution: 'SignalExternalCommandCreated',
    Cancel: 'Cancelled',
    SignalExternalWorkflowExecutionInitiated: 'SignalExternalCommandRecorded',
  },
  SignalExternalCommandRecorded: {
    Cancel: 'SignalExternalCommandRecorded',
    ExternalWorkflowExecutionSignaled: 'Signaled',
    SignalExternalWorkflowExecutionFailed: 'Failed',
  },
  Cancelled: { Cancel: 'Cancelled' },
  Signaled: { Cancel: 'Signaled' },
  Failed: { Cancel: 'Failed' },
};

const CANCEL_TRANSITIONS = {
  RequestCancelExternalCommandCreated: {
    CommandRequestCancelExternalWorkflowExecution: 'RequestCancelExternalCommandCreated',
    RequestCancelExternalWorkflowExecutionInitiated: 'RequestCancelExternalCommandRecorded',
  },
  RequestCancelExternalCommandRecorded: {
    ExternalWorkflowExecutionCancelRequested: 'CancelRequested',
    RequestCancelExternalWorkflowExecutionFailed: 'RequestCancelFailed',
  },
};

/** A signal to another workflow. */
export class SignalExternalMachine extends Machine {
  readonly #seq: number;

  constructor(seq: number) {
    super('SignalExternalMachine', 'Signal external WF machine', SIGNAL_TRANSITIONS, 'SignalExternalCommandCreated');
    this.#seq = seq;
  }

  override get cancelledBeforeSent(): boolean {
    return this.state === 'Cancelled';
  }

  /** Takes the signal back if it was not sent yet; afterwards it has no effect. */
  cancel(emit: Emitter): void {
    const from = this.state;
    if (!this.step('Cancel')) throw invalidTransition();
    if (from !== 'SignalExternalCommandCreated') return;
    const message = 'Signal was cancelled before being sent';
    this.#resolve({ message, canceledFailureInfo: {} }, emit);
  }

  protected override onEvent(trigger: string, _: string, input: MachineEvent, emit: Emitter): void {
    if (trigger === 'ExternalWorkflowExecutionSignaled') this.#resolve(undefined, emit);
    if (trigger !== 'SignalExternalWorkflowExecutionFailed') return;
    const Cause = SignalExternalWorkflowExecutionFailedCause;
    const cause = input.event.signalExternalWorkflowExecutionFailedEventAttributes?.cause ?? 0;
    const prefix = 'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_';
    const reason =
      cause === Cause[`${prefix}UNSPECIFIED`]
        ? 'unknown'
        : cause === Cause[`${prefix}SIGNAL_COUNT_LIMIT_EXCEEDED`]
          ? 'The per-workflow signal limit was exceeded'
          : 'it was not found';
    const message = `Unable to signal external workflow because ${reason}`;
    const type = pascal(Cause[cause] ?? '', prefix);
    this.#resolve({ message, applicationFailureInfo: { type } }, emit);
  }

  #resolve(failure: Failure | undefined, emit: Emitter): void {
    emit.job({
      resolveSignalExternalWorkflow: { seq: this.#seq, ...(failure && { failure }) },
    });
  }
}

/** A request to cancel another workflow. Cannot be taken back. */
export class CancelExternalMachine extends Machine {
  readonly #seq: number;

  constructor(seq: number) {
    super(
      'CancelExternalMachine',
      'Cancel external WF machine',
      CANCEL_TRANSITIONS,
      'RequestCancelExternalCommandCreated',
    );
    this.#seq = seq;
  }

  protected override onEvent(trigger: string, _: string, input: MachineEvent, emit: Emitter): void {
    if (trigger === 'ExternalWorkflowExecutionCancelRequested') this.#resolve(undefined, emit);
    if (trigger !== 'RequestCancelExternalWorkflowExecutionFailed') return;
    const Cause = CancelExternalWorkflowExecutionFailedCause;
    const cause = input.event.requestCancelExternalWorkflowExecutionFailedEventAttributes?.cause ?? 0;
    const prefix = 'CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_';
    const reason = cause === Cause[`${prefix}UNSPECIFIED`] ? 'unknown' : 'not found';
    const message = `Unable to cancel external workflow because ${reason}`;
    const type = pascal(Cause[cause] ?? '', prefix);
    this.#resolve({ message, applicationFailureInfo: { type } }, emit);
  }

  #resolve(failure: Failure | undefined, emit: Emitter): void {
    emit.job({
      resolveRequestCancelExternalWorkflow: { seq: this.#seq, ...(failure && { failure }) },
    });
  }
}

import type { coresdk } from '@temporalio/proto';
import { CommandType } from '../../proto.ts';
import { nondeterminism } from '../errors.ts';
import {
  type Annotations,
  type Emitter,
  invalidTransition,
  Machine,
  type MachineEvent,
  overrideAnnotations,
} from './machine.ts';

const TRANSITIONS = {
  StartCommandCreated: {
    CommandStartTimer: 'StartCommandCreated',
    TimerStarted: 'StartCommandRecorded',
    Cancel: 'Canceled',
  },
  StartCommandRecorded: { TimerFired: 'Fired', Cancel: 'CancelTimerCommandCreated' },
  CancelTimerCommandCreated: {
    Cancel: 'CancelTimerCommandCreated',
    CommandCancelTimer: 'CancelTimerCommandSent',
  },
  CancelTimerCommandSent: { TimerCanceled: 'Canceled' },
  Canceled: { Cancel: 'Canceled' },
  Fired: { Cancel: 'Fired' },
};

/** A timer. Its cancellation needs no answer: the language side cancels its own timers. */
export class TimerMachine extends Machine {
  readonly #seq: number;
  #annotations: Annotations;
  #cancelledBeforeSent = false;

  constructor(attributes: coresdk.workflow_commands.IStartTimer, annotations: Annotations) {
    super('TimerMachine', 'Timer machine', TRANSITIONS, 'StartCommandCreated');
    this.#seq = attributes.seq ?? 0;
    this.#annotations = annotations;
  }

  override get cancelledBeforeSent(): boolean {
    return this.#cancelledBeforeSent;
  }

  cancel(annotations: Annotations, emit: Emitter): void {
    this.#annotations = overrideAnnotations(this.#annotations, annotations);
    const from = this.state;
    if (!this.step('Cancel')) throw invalidTransition();
    if (from === 'StartCommandCreated') this.#cancelledBeforeSent = true;
    if (from === 'StartCommandRecorded') {
      emit.command({
        ...this.#annotations,
        commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER,
        cancelTimerCommandAttributes: { timerId: String(this.#seq) },
      });
    }
  }

  protected override onEvent(trigger: string, _: string, input: MachineEvent, emit: Emitter): void {
    if (trigger !== 'TimerFired') return;
    const timerId = input.event.timerFiredEventAttributes?.timerId ?? '';
    if (timerId !== String(this.#seq)) {
      throw nondeterminism(`Timer fired event did not have expected timer id ${this.#seq}, it was ${timerId}!`);
    }
    emit.job({ fireTimer: { seq: this.#seq } });
  }
}

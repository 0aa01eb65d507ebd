import type { google } from '@temporalio/proto';
import { type HistoryEvent, WorkflowTaskFailedCause } from '../../proto.ts';
import { fatal } from '../errors.ts';
import { describeEvent, eventId } from '../events.ts';
import { type Emitter, Machine, type MachineEvent } from './machine.ts';

const TRANSITIONS = {
  Created: { WorkflowTaskScheduled: 'Scheduled' },
  Scheduled: { WorkflowTaskStarted: 'Started', WorkflowTaskTimedOut: 'TimedOut' },
  Started: {
    WorkflowTaskCompleted: 'Completed',
    WorkflowTaskFailed: 'Failed',
    WorkflowTaskTimedOut: 'TimedOut',
  },
};

/** A workflow task in history. Its start sets the time that workflow code sees. */
export class WorkflowTaskMachine extends Machine {
  readonly #nextStartedEventId: number;
  #startedEventId = 0;
  #startedTime: google.protobuf.ITimestamp = {};

  /** @param nextStartedEventId the start that ends the logical task; earlier ones belong to tasks merged into it */
  constructor(nextStartedEventId: number) {
    super('WorkflowTaskMachine', 'Workflow task machine', TRANSITIONS, 'Created');
    this.#nextStartedEventId = nextStartedEventId;
  }

  protected override onEvent(trigger: string, _: string, input: MachineEvent, emit: Emitter): void {
    if (trigger === 'WorkflowTaskStarted') this.#start(input.event, emit);
    if (trigger === 'WorkflowTaskCompleted') {
      emit.taskStarted(this.#startedEventId, this.#startedTime);
    }
    const failed = input.event.workflowTaskFailedEventAttributes;
    const reset = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW;
    if (failed?.cause === reset) emit.workflowReset(failed.newRunId ?? '');
  }

  #start(event: HistoryEvent, emit: Emitter): void {
    if (!event.eventTime) {
      throw fatal(`Workflow task started event must contain timestamp: ${describeEvent(event)}`);
    }
    this.#startedEventId = eventId(event);
    this.#startedTime = event.eventTime;
    if (this.#startedEventId < this.#nextStartedEventId) return;
    emit.taskStarted(this.#nextStartedEventId, this.#startedTime);
  }
}

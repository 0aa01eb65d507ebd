import Long from 'long';
import type { coresdk } from '@temporalio/proto';
import { HistoryUpdate } from '../../../src/core/activations/history-update.ts';
import { RunMachines } from '../../../src/core/activations/run-machines.ts';
import type { RunMachinesConfig } from '../../../src/core/activations/run-state.ts';
import { EventType, type HistoryEvent } from '../../../src/core/proto.ts';

export type Activation = coresdk.workflow_activation.IWorkflowActivation;
export type LangCommand = coresdk.workflow_commands.IWorkflowCommand;

type TypeName = keyof typeof EventType extends `EVENT_TYPE_${infer Name}` ? Name : never;

export const config: RunMachinesConfig = {
  namespace: 'default',
  taskQueue: 'tq',
  sdkName: 'sdk',
  sdkVersion: '1',
  deploymentVersion: { deploymentName: '', buildId: 'b' },
};

export const identity = { runId: 'run', workflowId: 'wf', workflowType: 'Type' };

function camel(name: string): string {
  return name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Builds a history event by event. */
export class History {
  readonly events: HistoryEvent[] = [];
  #scheduled = 0;

  static started(attributes: object = {}): History {
    const history = new History();
    history.add('WORKFLOW_EXECUTION_STARTED', {
      workflowType: { name: 'Type' },
      originalExecutionRunId: 'run',
      ...attributes,
    });
    return history.task();
  }

  get length(): number {
    return this.events.length;
  }

  add(type: TypeName, attributes: object | null = {}, more: Partial<HistoryEvent> = {}): this {
    const id = this.events.length + 1;
    this.events.push({
      eventId: Long.fromNumber(id),
      eventType: EventType[`EVENT_TYPE_${type}`],
      eventTime: { seconds: Long.fromNumber(1000 + id), nanos: 0 },
      [`${camel(type)}EventAttributes`]: attributes,
      ...more,
    });
    return this;
  }

  /** A workflow task that starts. */
  task(): this {
    this.add('WORKFLOW_TASK_SCHEDULED');
    this.#scheduled = this.length;
    return this.add('WORKFLOW_TASK_STARTED', { scheduledEventId: Long.fromNumber(this.#scheduled) });
  }

  completed(flags: number[] = [1, 2, 3]): this {
    return this.add('WORKFLOW_TASK_COMPLETED', {
      scheduledEventId: Long.fromNumber(this.#scheduled),
      startedEventId: Long.fromNumber(this.length),
      sdkMetadata: { coreUsedFlags: flags, langUsedFlags: [], sdkName: 'sdk', sdkVersion: '1' },
    });
  }

  failed(attributes: object = {}): this {
    return this.add('WORKFLOW_TASK_FAILED', { scheduledEventId: Long.fromNumber(this.#scheduled), ...attributes });
  }

  timedOut(): this {
    return this.add('WORKFLOW_TASK_TIMED_OUT', { scheduledEventId: Long.fromNumber(this.#scheduled) });
  }

  /** An event that goes back to an earlier one. */
  after(initiating: number, type: TypeName, attributes: object = {}): this {
    const id = Long.fromNumber(initiating);
    return this.add(type, { scheduledEventId: id, startedEventId: id, initiatedEventId: id, ...attributes });
  }

  /** As a new worker gets it: with all of history, the last task being the one to do. */
  update(): HistoryUpdate {
    const tasks = this.events.filter((e) => e.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED);
    const startedId = Number(tasks.at(-1)?.eventId ?? 0);
    const completed = this.events.findLast((e) => e.workflowTaskCompletedEventAttributes);
    const previousStartedId = completed ? Number(completed.eventId) - 1 : 0;
    return HistoryUpdate.fromEvents(this.events, { previousStartedId, startedId }, true).update;
  }
}

/** Replays a history; `respond` is the workflow: it answers each activation with commands. */
export function replay(
  history: History,
  respond: (activation: Activation, count: number) => LangCommand[],
): { activations: Activation[]; run: RunMachines; jobs: string[][] } {
  const run = new RunMachines(identity, config);
  const activations: Activation[] = [];
  run.newWork(history.update(), []);
  for (;;) {
    if (!run.hasPendingJobs) run.applyTasksUntilJobs();
    if (!run.hasPendingJobs) break;
    const activation = run.takeActivation();
    activations.push(activation);
    run.applyCommands(respond(activation, activations.length));
    run.applyTasksUntilJobs();
  }
  return { activations, run, jobs: activations.map((a) => (a.jobs ?? []).flatMap((job) => Object.keys(job))) };
}

export const payload = (text: string): { data: Uint8Array } => ({ data: new TextEncoder().encode(text) });

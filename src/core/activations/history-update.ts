import { EventType, type HistoryEvent, toNumber } from '../proto.ts';
import { eventId, eventType, isCommandEvent, isFinalEvent } from './events.ts';

type WorkflowTaskCompletedAttributes = NonNullable<HistoryEvent['workflowTaskCompletedEventAttributes']>;

/** Where a logical workflow task ends: the index of its last event, and whether that is its real end. */
interface SequenceEnd {
  readonly complete: boolean;
  readonly index: number;
}

/** A workflow task that was begun and not given up: the event that says so, and its index. */
interface StartedTask {
  readonly id: number;
  readonly index: number;
}

/** The events that a run's machines apply in one go, or why there are none. */
export type NextTask =
  | { readonly kind: 'replay-over' }
  | { readonly kind: 'need-fetch' }
  | { readonly kind: 'events'; readonly events: HistoryEvent[]; readonly isLast: boolean };

/** After these, a started workflow task did not count. */
const ABANDONS_TASK: ReadonlySet<unknown> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
]);

/**
 * Finds the end of the next logical workflow task. Tasks that failed, timed out, or were completed with nothing in them are merged with the
 * next real one, as workflow code saw them.
 * @param requestsAfter the event after which requests have their place that came with the newest task; only where its history is whole.
 */
function findTaskEnd(
  events: readonly HistoryEvent[],
  fromEventId: number,
  startIndex = 0,
  requestsAfter = 0,
): SequenceEnd {
  let sawCommand = false;
  let sawCommandOrStarted = false;
  const startedTasks: StartedTask[] = [];
  for (let index = startIndex; index < events.length; index++) {
    const event = events[index];
    if (event === undefined || eventId(event) <= fromEventId) continue;
    if (isCommandEvent(event)) sawCommand = sawCommandOrStarted = true;
    if (eventType(event) === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
      sawCommandOrStarted = true;
    }
    if (isFinalEvent(event)) return { complete: true, index };
    if (eventType(event) !== EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) continue;

    const next = events[index + 1];
    const afterNext = events[index + 2];
    if (next !== undefined && ABANDONS_TASK.has(eventType(next))) continue;
    startedTasks.push({ id: eventId(event), index });
    if (eventType(next) === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED && afterNext) {
      const heartbeat = !sawCommand && eventType(afterNext) === EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
      if (heartbeat) continue;
      return { complete: true, index: endBeforeUpdate(afterNext, startedTasks) ?? index };
    }
    const isNewest = next === undefined;
    // Replay will end it there, too, once the update is accepted.
    const beforeRequests = isNewest ? endBefore(requestsAfter, startedTasks) : undefined;
    if (beforeRequests !== undefined) return { complete: true, index: beforeRequests };
    // Without what follows, nobody can tell yet whether the task did anything.
    if (sawCommandOrStarted) return { complete: true, index };
  }
  return { complete: false, index: Math.max(0, events.length - 1) };
}

/** An accepted update belongs to the task before the one that its request was sequenced after. */
function endBeforeUpdate(event: HistoryEvent, startedTasks: readonly StartedTask[]): number | undefined {
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
  return accepted ? endBefore(toNumber(accepted.acceptedRequestSequencingEventId), startedTasks) : undefined;
}

function endBefore(sequencedAfter: number, startedTasks: readonly StartedTask[]): number | undefined {
  return startedTasks.findLast(({ id }) => id < sequencedAfter)?.index;
}

/** One or more complete logical workflow tasks, taken one by one by the machines of a run. */
export class HistoryUpdate {
  /** The last workflow task that had been started when this workflow task was given out; 0 for the first. */
  readonly previousStartedId: number;
  /** The workflow task that this history came with; 0 when it came with a query only. */
  readonly startedId: number;
  /** True when there is nothing more to fetch. */
  readonly hasLastTask: boolean;
  readonly taskCount: number;
  #events: HistoryEvent[];

  private constructor(
    events: HistoryEvent[],
    ids: { previousStartedId: number; startedId: number },
    hasLastTask: boolean,
    taskCount: number,
  ) {
    this.#events = events;
    this.previousStartedId = ids.previousStartedId;
    this.startedId = ids.startedId;
    this.hasLastTask = hasLastTask;
    this.taskCount = taskCount;
  }

  /** Splits events into an update of complete tasks and what is left over for the next one. */
  static fromEvents(
    events: readonly HistoryEvent[],
    ids: { previousStartedId: number; startedId: number },
    hasLastTask: boolean,
  ): { update: HistoryUpdate; rest: HistoryEvent[] } {
    const all = [...events];
    let end = findTaskEnd(all, ids.previousStartedId);
    if (!end.complete) {
      return hasLastTask
        ? { update: new HistoryUpdate(all, ids, true, 1), rest: [] }
        : { update: new HistoryUpdate([], ids, false, 0), rest: all };
    }
    let taskCount = 0;
    for (;;) {
      taskCount++;
      const lastId = eventId(all[end.index]);
      const next = findTaskEnd(all, lastId, end.index);
      if (!next.complete) break;
      end = next;
    }
    const rest = hasLastTask ? [] : all.splice(end.index + 1);
    return { update: new HistoryUpdate(all, ids, hasLastTask, taskCount), rest };
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  get firstEventId(): number | undefined {
    const first = this.#events[0];
    return first === undefined ? undefined : eventId(first);
  }

  /**
   * Takes the events of the next logical workflow task after the given started id.
   * @param requestsAfter the event after which requests have their place that came with the newest task. Default: there are none.
   */
  takeNextTask(fromStartedId: number, requestsAfter?: number): NextTask {
    const first = this.#indexAfter(fromStartedId);
    if (first > 0) this.#events.splice(0, first);
    const end = findTaskEnd(this.#events, fromStartedId, 0, this.hasLastTask ? requestsAfter : 0);
    if (!end.complete) {
      if (!this.hasLastTask) return { kind: 'need-fetch' };
      if (end.index === 0) return { kind: 'replay-over' };
    }
    const events = this.#events.splice(0, end.index + 1);
    return { kind: 'events', events, isLast: this.#events.length === 0 && this.hasLastTask };
  }

  /** The events that {@link takeNextTask} would give, left in place. */
  peekNextTask(fromStartedId: number): readonly HistoryEvent[] {
    const first = this.#indexAfter(fromStartedId);
    const end = findTaskEnd(this.#events, fromStartedId, first);
    return this.#events.slice(first, end.index + 1);
  }

  /** False when events must be fetched before the next task can be taken. */
  canTakeNextTask(fromStartedId: number): boolean {
    return this.hasLastTask || findTaskEnd(this.#events, fromStartedId).complete;
  }

  /** The next `WorkflowTaskCompleted` at or after an event id. */
  peekNextCompleted(fromEventId: number): WorkflowTaskCompletedAttributes | undefined {
    for (const event of this.#events) {
      if (eventId(event) < fromEventId) continue;
      const attributes = event.workflowTaskCompletedEventAttributes;
      if (attributes) return attributes;
    }
    return undefined;
  }

  #indexAfter(startedId: number): number {
    const index = this.#events.findIndex((event) => eventId(event) > startedId);
    return Math.max(0, index);
  }
}

import proto from '@temporalio/proto';
import Long from 'long';
import type { HistoryEvent } from '../proto.ts';
import { EventType, toLong, toNumber, toTimestamp } from '../proto.ts';
import type { Effect, RunKey, RunRecord } from '../record.ts';
import type { RunWrite } from '../store.ts';
import { flushOrder, wireStartedIds } from './buffer.ts';
import { isPaused } from './paused.ts';

const { HistoryEvent: EventMessage } = proto.temporal.api.history.v1;

/** An event's attributes: the one field of an event that belongs to its type. */
export type EventAttributes = Omit<HistoryEvent, 'eventId' | 'eventTime' | 'eventType' | 'version' | 'taskId'>;

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };
type DraftRecord = Writable<
  Omit<
    RunRecord,
    'activities' | 'timers' | 'children' | 'externals' | 'updates' | 'requestIds' | 'buffered' | 'effects'
  >
> & {
  activities: Map<number, RunRecord['activities'] extends ReadonlyMap<number, infer V> ? V : never>;
  timers: Map<string, RunRecord['timers'] extends ReadonlyMap<string, infer V> ? V : never>;
  children: Map<number, RunRecord['children'] extends ReadonlyMap<number, infer V> ? V : never>;
  externals: Map<number, RunRecord['externals'] extends ReadonlyMap<number, infer V> ? V : never>;
  updates: Map<string, RunRecord['updates'] extends ReadonlyMap<string, infer V> ? V : never>;
  requestIds: Set<string>;
  buffered: HistoryEvent[];
  effects: Effect[];
};

/**
 * One change of one run in the making: a copy of its record, and the events that the change adds. The rules work on a draft; whether it ever
 * becomes true is decided by the store when the draft is committed.
 */
export class RunDraft {
  readonly record: DraftRecord;
  /** Events added by this change, with their ids. */
  readonly events: HistoryEvent[] = [];
  /** Successor runs (continue-as-new) that begin in the same commit. */
  readonly successors: RunDraft[] = [];
  readonly now: number;
  /** A worker's answer is being applied: what happens as its consequence comes after all that the commands say. */
  answering = false;
  /** How the run was started; there only when it may have to be started again, see `mayStartAgain`. */
  startedEvent: HistoryEvent | undefined;
  readonly #revision: number;
  /** The size of the history that this change finds. Bytes. */
  #sizeBefore: number;
  /** `now`, as the events have it. */
  readonly #time: NonNullable<HistoryEvent['eventTime']>;

  constructor(record: RunRecord, revision: number, now: number) {
    this.record = {
      ...record,
      stateTransitionCount: record.stateTransitionCount + 1,
      activities: new Map(record.activities),
      timers: new Map(record.timers),
      children: new Map(record.children),
      externals: new Map(record.externals),
      updates: new Map(record.updates),
      requestIds: new Set(record.requestIds),
      buffered: [...record.buffered],
      effects: [...record.effects],
      ...(record.schedule === undefined ? {} : { schedule: { ...record.schedule } }),
    };
    this.#revision = revision;
    this.#sizeBefore = record.historySizeBytes;
    this.now = now;
    this.#time = toTimestamp(now);
  }

  get key(): RunKey {
    const { namespace, workflowId, runId } = this.record;
    return { namespace, workflowId, runId };
  }

  /** Whether no event of the run is stored yet, nor has it begun with the history of another one. */
  get isNew(): boolean {
    return this.#revision === 0 && this.record.resetFrom === undefined;
  }

  get isOpen(): boolean {
    return this.record.closeTime === undefined;
  }

  /** Nothing is given to workers. */
  get isPaused(): boolean {
    return isPaused(this.record);
  }

  /** The size of the events that this change adds. Bytes. */
  get addedBytes(): number {
    return this.record.historySizeBytes - this.#sizeBefore;
  }

  /** A worker is working on a workflow task right now. */
  get taskIsOut(): boolean {
    return (this.record.workflowTask?.startedEventId ?? 0) > 0;
  }

  /** Adds an event at the end of the history. */
  append(eventType: number, attributes: EventAttributes, at: number = this.now): { readonly id: number } {
    const id = this.record.nextEventId++;
    const eventId = toLong(id);
    const event: HistoryEvent = {
      eventId,
      eventTime: this.#timestamp(at),
      eventType,
      taskId: eventId,
      ...compact(attributes),
    };
    this.#push(event);
    return { id };
  }

  /**
   * Adds something that happened to the run. While a workflow task is out it waits in the inbox, so that the task's own events stay together.
   * @returns the event's id, or 0 when it waits.
   */
  happen(eventType: number, attributes: EventAttributes, at: number = this.now): number {
    if (!this.taskIsOut && !this.answering) return this.append(eventType, attributes, at).id;
    // Of a task that is tried again history does not tell yet when it was taken; whoever took it may have another clock, or have looked later.
    const time = at === this.now ? Math.max(at, this.record.workflowTask?.startedTime ?? 0) : at;
    this.record.buffered.push({ eventTime: this.#timestamp(time), eventType, ...compact(attributes) });
    return 0;
  }

  /** Gives what waits in the inbox its place in history. */
  flush(): void {
    const placed = flushOrder(this.record.buffered).map((event): HistoryEvent => {
      const eventId = toLong(this.record.nextEventId++);
      return { ...event, eventId, taskId: eventId };
    });
    this.record.buffered = [];
    for (const [initiated, started] of wireStartedIds(placed)) {
      const child = this.record.children.get(initiated);
      if (child !== undefined) this.record.children.set(initiated, { ...child, startedEventId: started });
    }
    // Their size is that of what is stored, which has all ids.
    for (const event of placed) this.#push(event);
  }

  /** Begins with the history of another run, of which nothing else is known yet. It is found, not added: a server does not write it again. */
  adopt(event: HistoryEvent): void {
    this.record.nextEventId = toNumber(event.eventId) + 1;
    this.#push(event);
    this.#sizeBefore = this.record.historySizeBytes;
  }

  /** Records something to be done outside of the run once the change is committed. */
  addEffect(effect: Effect): void {
    this.record.effects.push(effect);
  }

  /** The effect was done; a no-op when it was confirmed before. */
  confirmEffect(id: string): void {
    this.record.effects = this.record.effects.filter((effect) => effect.id !== id);
  }

  /** This draft as a part of a commit. */
  toWrite(): RunWrite {
    return { expectedRevision: this.#revision, record: this.record, events: this.events };
  }

  #timestamp(at: number): NonNullable<HistoryEvent['eventTime']> {
    return at === this.now ? this.#time : toTimestamp(at);
  }

  #push(event: HistoryEvent): void {
    this.record.historySizeBytes += encodedSize(event);
    this.events.push(event);
  }
}

/** Events are written over each other: only their lengths are of interest, and a new buffer for each costs more than the writing. */
let spare: ReturnType<typeof EventMessage.encode> | undefined;
/** After an event of more bytes the buffer is not kept. */
const largestSpare = 65_536;

function encodedSize(event: HistoryEvent): number {
  const writer = spare?.reset();
  // One in which an error interrupted the writing is not used again.
  spare = undefined;
  const written = EventMessage.encode(event, writer);
  if (written.len <= largestSpare) spare = written;
  return written.len;
}

/** Leaves out what says nothing (null, 0, false, empty text), as protobuf does on the wire: events look the same wherever they come from. */
function compact(attributes: EventAttributes): EventAttributes {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(attributes)) {
    const value = (attributes as Readonly<Record<string, unknown>>)[name];
    result[name] = name.endsWith('EventAttributes') && value ? withoutEmpty(value) : value;
  }
  return result;
}

function withoutEmpty(fields: object): object {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const field = (fields as Readonly<Record<string, unknown>>)[name];
    if (!isEmpty(field)) result[name] = field;
  }
  return result;
}

function isEmpty(field: unknown): boolean {
  return !field || (field instanceof Long && field.isZero());
}

/** True for the events that end a run. */
export function isClosingEvent(event: HistoryEvent): boolean {
  switch (event.eventType) {
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
      return true;
    default:
      return false;
  }
}

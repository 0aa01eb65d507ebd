import { toMillis, toNumber } from '../proto.ts';
import type { HistoryEvent } from '../proto.ts';
import { attributesField, eventTypeName } from './event-type.ts';
import { eventRules } from './event-rules.ts';
import type { Reference } from './event-rules.ts';

/** Something that no run can have done. */
export interface HistoryProblem {
  /** The event at which it shows; its place in the list, from 1. */
  readonly eventId: number;
  readonly problem: string;
}

interface Seen {
  readonly id: number;
  readonly type: string;
  readonly timeMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Report = (problem: string) => void;
type Check = (event: Seen, report: Report) => void;

/**
 * Examines the structure of a history, whole or so far: dense ids, attributes of the right kind, times that do not run backwards,
 * references to earlier events of the right type, everything settled at most once, tasks one at a time, one closing event, at the end.
 *
 * It says nothing about whether workflow code would do the same: that is what replaying shows.
 */
export function validateHistory(events: readonly HistoryEvent[]): HistoryProblem[] {
  const problems: HistoryProblem[] = [];
  const seen: Seen[] = [];
  const checks = [
    checkPlace(events.length),
    checkReferences(seen),
    checkSettled(seen),
    checkTasks(),
    checkIds(),
    checkTimes(seen),
  ];
  for (const [index, event] of events.entries()) {
    const report: Report = (problem) =>
      problems.push({ eventId: index + 1, problem: `${eventTypeName(event)}: ${problem}` });
    if (toNumber(event.eventId) !== index + 1) report(`has id ${toNumber(event.eventId)}`);
    const current = see(event, index + 1, report);
    for (const check of checks) check(current, report);
    seen.push(current);
  }
  return problems;
}

function see(event: HistoryEvent, id: number, report: Report): Seen {
  const type = eventTypeName(event);
  const fields = Object.entries(event).filter(
    ([key, value]) => key.endsWith('EventAttributes') && value !== null && value !== undefined,
  );
  const expected = attributesField(type);
  const names = fields.map(([key]) => key);
  if (names.length !== 1 || names[0] !== expected)
    report(`has ${names.join(', ') || 'no attributes'}, not ${expected}`);
  const timeMs = toMillis(event.eventTime);
  if (timeMs === undefined) report('has no time');
  const attributes = fields.find(([key]) => key === expected)?.[1] as Record<string, unknown> | undefined;
  return { id, type, timeMs: timeMs ?? 0, attributes: attributes ?? {} };
}

/** The first event starts the run, and only the last may end it. */
function checkPlace(length: number): Check {
  return ({ id, type }, report) => {
    if ((type === 'WorkflowExecutionStarted') !== (id === 1))
      report(id === 1 ? 'is the first event' : 'is not the first event');
    if (eventRules[type]?.closes && id !== length) report('is not the last event');
  };
}

function checkReferences(seen: readonly Seen[]): Check {
  return (event, report) => {
    for (const reference of eventRules[event.type]?.references ?? []) {
      const problem = referenceProblem(event, reference, seen);
      if (problem !== undefined) report(`${reference.field} ${problem}`);
    }
  };
}

function referenceProblem(
  event: Seen,
  { field, to, optional, same }: Reference,
  seen: readonly Seen[],
): string | undefined {
  const id = number(event.attributes[field]);
  if (id === 0) return optional ? undefined : 'is not set';
  const target = seen[id - 1];
  if (!target) return `${id} is no earlier event`;
  if (!to.includes(target.type)) return `${id} is ${target.type}`;
  if (same !== undefined && !equal(event.attributes[same], target.attributes[same])) return `${id} has another ${same}`;
  return undefined;
}

/** What is opened is settled at most once; what ends has begun, unless it ends without a beginning. */
function checkSettled(seen: readonly Seen[]): Check {
  const settled = new Set<string>();
  return (event, report) => {
    const settles = eventRules[event.type]?.settles;
    if (!settles) return;
    const id = number(event.attributes[settles.by]);
    const key = `${settles.what} of event ${id}`;
    if (settled.has(key)) report(`the ${key} is settled already`);
    // A start that comes after its end.
    if (settles.what.endsWith(' start') && settled.has(`${settles.what.slice(0, -' start'.length)} of event ${id}`)) {
      report(`event ${id} (${seen[id - 1]?.type}) has ended before`);
    }
    settled.add(key);
  };
}

/** One task at a time; while it is out nothing is written; commands follow the task that gave them. */
function checkTasks(): Check {
  let open: 'none' | 'scheduled' | 'started' = 'none';
  let completed = 0;
  return ({ id, type, attributes }, report) => {
    const closing = eventRules[type]?.closes;
    if (open === 'started' && !/^WorkflowTask(Completed|Failed|TimedOut)$/.test(type) && !closing)
      report('is written while a task is out');
    if (eventRules[type]?.command && number(attributes['workflowTaskCompletedEventId']) !== completed) {
      report('is not of the task before it');
    }
    if (type === 'WorkflowTaskScheduled') {
      if (open !== 'none') report('comes while another task is open');
      open = 'scheduled';
    } else if (type === 'WorkflowTaskStarted') {
      open = 'started';
      completed = 0;
    } else if (type.startsWith('WorkflowTask')) {
      open = 'none';
      if (type === 'WorkflowTaskCompleted') completed = id;
    }
  };
}

/** Ids that the workflow gives are unique among what is open. */
function checkIds(): Check {
  const open = new Map<string, number>();
  return ({ id, type, attributes }, report) => {
    const kind = type === 'ActivityTaskScheduled' ? 'activityId' : type === 'TimerStarted' ? 'timerId' : undefined;
    if (kind) {
      const key = `${kind} ${text(attributes[kind])}`;
      if (!attributes[kind]) report(`has no ${kind}`);
      if (open.has(key)) report(`${key} is that of event ${open.get(key)}, which is open`);
      open.set(key, id);
    }
    const settles = eventRules[type]?.settles;
    if (settles?.what !== 'activity' && settles?.what !== 'timer') return;
    for (const [key, opener] of open) if (opener === number(attributes[settles.by])) open.delete(key);
  };
}

/**
 * Times do not run backwards. What happened while a task was out is written after it and may be as old as the task's start; the start of
 * an activity is written with its end and may be as old as the activity.
 */
function checkTimes(seen: readonly Seen[]): Check {
  let latest = 0;
  let buffering = 0;
  return ({ type, timeMs, attributes }, report) => {
    const scheduled = type === 'ActivityTaskStarted' ? seen[number(attributes['scheduledEventId']) - 1] : undefined;
    const earliest = scheduled?.timeMs ?? (eventRules[type]?.buffered ? buffering : latest);
    if (timeMs < earliest) report(`is ${earliest - timeMs} ms older than what is before it`);
    if (type === 'WorkflowTaskStarted' || type === 'WorkflowTaskScheduled') buffering = timeMs;
    if (!eventRules[type]?.buffered) latest = Math.max(latest, timeMs);
  };
}

function number(value: unknown): number {
  return toNumber(value as Parameters<typeof toNumber>[0]);
}

/** Ids come as Long, number or string. */
function equal(one: unknown, other: unknown): boolean {
  return text(one) === text(other);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(number(value) || '');
}

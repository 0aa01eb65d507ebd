import { assert, constantFrom, integer, pre, property } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { event, history, referenceFields, sample } from './sample.ts';
import type { Short } from './sample.ts';

const problems = (events: readonly Short[]): string[] => validateHistory(history(events)).map(({ problem }) => problem);
const place = (min = 0): Arbitrary<number> => integer({ min, max: sample.length - 1 });

/** Events moved to other places: `order` has their old places. References follow them; those to events that are gone become 0. */
function rearranged(order: readonly number[]): Short[] {
  return order.map((old) => {
    const { attributes = {}, ...rest } = sample[old] ?? { type: '' };
    const moved = Object.entries(attributes).map(([key, value]) => {
      const follows = referenceFields.includes(key) && value !== 0;
      return [key, follows ? order.indexOf(Number(value) - 1) + 1 : value];
    });
    return { ...rest, attributes: Object.fromEntries(moved) as Record<string, unknown> };
  });
}
const places = sample.map((_, index) => index);
const references = sample.flatMap(({ attributes = {} }, index) =>
  Object.entries(attributes)
    .filter(([key, value]) => referenceFields.includes(key) && value !== 0)
    .map(([field, value]) => ({ index, field, target: Number(value) })),
);
const required = references.filter(({ field }) => field !== 'latestCancelRequestedEventId');

describe('a valid history', () => {
  it('has no problems', () => {
    expect(problems(sample)).toEqual([]);
  });
  it('has no problems up to any event', () => {
    for (const length of places) expect(problems(sample.slice(0, length))).toEqual([]);
  });
  it('may come with ids as numbers', () => {
    const events = history(sample).map((one, index) => ({ ...one, eventId: index + 1 }));
    expect(validateHistory(events as unknown as ReturnType<typeof history>)).toEqual([]);
  });
});

describe('a changed history', () => {
  it('is found out when an event is missing', () => {
    assert(
      property(integer({ min: 0, max: sample.length - 2 }), (gone) => {
        const events = history(sample).toSpliced(gone, 1);
        expect(validateHistory(events)).not.toEqual([]);
      }),
    );
  });
  it('is found out when an event is there twice', () => {
    assert(
      property(place(), (twice) => {
        const events = history(sample);
        const [copy] = events.slice(twice, twice + 1);
        expect(validateHistory(events.toSpliced(twice, 0, copy ?? {}))).not.toEqual([]);
      }),
    );
  });
  it('is found out when two events change places', () => {
    assert(
      property(place(), place(), (one, other) => {
        pre(one !== other);
        const events = history(sample);
        const swapped = events.with(one, events[other] ?? {}).with(other, events[one] ?? {});
        expect(validateHistory(swapped)).not.toEqual([]);
      }),
    );
  });
  it('is found out when something that others name is missing, although ids are dense', () => {
    assert(
      property(constantFrom(...required), ({ target }) => {
        expect(problems(rearranged(places.filter((old) => old !== target - 1)))).not.toEqual([]);
      }),
    );
  });
  it('is found out when something is settled twice, although ids are dense', () => {
    const settling = references.filter(({ field }) => field !== 'workflowTaskCompletedEventId');
    assert(
      property(constantFrom(...settling), ({ index }) => {
        pre(sample[index]?.type !== 'ActivityTaskCancelRequested');
        expect(problems(rearranged(places.toSpliced(index, 0, index)))).not.toEqual([]);
      }),
    );
  });
  it('is found out when an event comes before one that it names', () => {
    assert(
      property(constantFrom(...references), ({ index, target }) => {
        const order = places.filter((old) => old !== index).toSpliced(target - 1, 0, index);
        expect(problems(rearranged(order))).not.toEqual([]);
      }),
    );
  });
  it('is found out when an event names another one', () => {
    assert(
      property(constantFrom(...references), integer({ min: 1, max: 60 }), ({ index, field, target }, id) => {
        pre(id !== target);
        const changed = sample.map((short, at) =>
          at === index ? { ...short, attributes: { ...short.attributes, [field]: id } } : short,
        );
        expect(problems(changed)).not.toEqual([]);
      }),
    );
  });
  it('is found out when time runs backwards by more than a task explains', () => {
    assert(
      property(place(1), (index) => {
        const changed = sample.map((short, at) => (at === index ? { ...short, at: -500 } : short));
        expect(problems(changed)).not.toEqual([]);
      }),
    );
  });
});

describe('each problem has its words', () => {
  const start: Short = { type: 'WorkflowExecutionStarted' };
  const scheduled: Short = { type: 'WorkflowTaskScheduled' };
  const started: Short = { type: 'WorkflowTaskStarted', attributes: { scheduledEventId: 2 } };
  const completed: Short = { type: 'WorkflowTaskCompleted', attributes: { scheduledEventId: 2, startedEventId: 3 } };
  const task = [start, scheduled, started, completed];
  const timer = (timerId?: string): Short => ({
    type: 'TimerStarted',
    attributes: { workflowTaskCompletedEventId: 4, timerId },
  });

  it.each<[string, Short[], string]>([
    ['another first event', [scheduled], 'WorkflowTaskScheduled: is the first event'],
    ['a second start', [start, start], 'WorkflowExecutionStarted: is not the first event'],
    [
      'an end before the last',
      [start, { type: 'WorkflowExecutionTerminated' }, scheduled],
      'WorkflowExecutionTerminated: is not the last event',
    ],
    [
      'no reference',
      [start, scheduled, { type: 'WorkflowTaskStarted' }],
      'WorkflowTaskStarted: scheduledEventId is not set',
    ],
    [
      'a wrong reference',
      [start, scheduled, { ...started, attributes: { scheduledEventId: 1 } }],
      'WorkflowTaskStarted: scheduledEventId 1 is WorkflowExecutionStarted',
    ],
    [
      'a later reference',
      [start, scheduled, { ...started, attributes: { scheduledEventId: 3 } }],
      'WorkflowTaskStarted: scheduledEventId 3 is no earlier event',
    ],
    [
      'a signal while a task is out',
      [start, scheduled, started, { type: 'WorkflowExecutionSignaled' }],
      'WorkflowExecutionSignaled: is written while a task is out',
    ],
    ['two open tasks', [start, scheduled, scheduled], 'WorkflowTaskScheduled: comes while another task is open'],
    ['a timer without an id', [...task, timer()], 'TimerStarted: has no timerId'],
    [
      'a timer id that is taken',
      [...task, timer('a'), timer('a')],
      'TimerStarted: timerId a is that of event 5, which is open',
    ],
    [
      'a command without its task',
      [
        ...task,
        scheduled,
        { ...started, attributes: { scheduledEventId: 5 } },
        { type: 'WorkflowTaskFailed', attributes: { scheduledEventId: 5, startedEventId: 6 } },
        timer('a'),
      ],
      'TimerStarted: is not of the task before it',
    ],
    [
      'a fired timer of another id',
      [...task, timer('a'), { type: 'TimerFired', attributes: { startedEventId: 5, timerId: 'b' } }],
      'TimerFired: startedEventId 5 has another timerId',
    ],
    [
      'a start after the end',
      [
        ...task,
        { type: 'ActivityTaskScheduled', attributes: { workflowTaskCompletedEventId: 4, activityId: '1' } },
        { type: 'ActivityTaskTimedOut', attributes: { scheduledEventId: 5 } },
        { type: 'ActivityTaskStarted', attributes: { scheduledEventId: 5 } },
      ],
      'ActivityTaskStarted: event 5 (ActivityTaskScheduled) has ended before',
    ],
  ])('%s', (_, events, expected) => {
    expect(problems(events)).toContain(expected);
  });
  it('ids, times and attributes', () => {
    const [first] = history([start]);
    expect(validateHistory([{ ...first, eventId: null }])[0]?.problem).toBe('WorkflowExecutionStarted: has id 0');
    expect(validateHistory([{ ...first, eventTime: null }])[0]?.problem).toBe('WorkflowExecutionStarted: has no time');
    expect(validateHistory([{ ...first, workflowExecutionStartedEventAttributes: null }])[0]?.problem).toBe(
      'WorkflowExecutionStarted: has no attributes, not workflowExecutionStartedEventAttributes',
    );
    expect(
      validateHistory([{ ...first, ...event(1, scheduled), eventType: first?.eventType ?? 0 }])[0]?.problem,
    ).toMatch(/^WorkflowExecutionStarted: has w/);
  });
  it('an unknown type has a name all the same', () => {
    expect(eventTypeName({})).toBe('Unspecified');
    expect(eventTypeName({ eventType: 9999 as never })).toBe('Unspecified');
  });
});

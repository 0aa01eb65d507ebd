import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventId, eventName } from '../../../src/core/activations/events.ts';
import { HistoryUpdate } from '../../../src/core/activations/history-update.ts';
import type { HistoryEvent } from '../../../src/core/proto.ts';
import { PagedHistory } from '../../../src/runtime/dispatch/history-pager.ts';
import { History } from './history.ts';

/** The ids with which the logical tasks of a history end. */
function ends(update: HistoryUpdate): number[] {
  const result: number[] = [];
  for (let from = 0; ;) {
    const peeked = update.peekNextTask(from).map(eventId);
    const next = update.takeNextTask(from);
    if (next.kind !== 'events') return result;
    const ids = next.events.map(eventId);
    expect(ids).toEqual(peeked);
    result.push(ids.at(-1) ?? 0);
    const started = next.events.findLast((event) => event.workflowTaskStartedEventAttributes);
    if (eventName(next.events.at(-1) ?? {}) !== 'WorkflowTaskStarted') return result;
    from = eventId(started);
  }
}

const endsOf = (history: History): number[] => ends(history.update());

describe('logical workflow tasks', () => {
  it('end with the start of a task that did something', () => {
    const history = History.started().completed().add('TIMER_STARTED', { timerId: '1' });
    history.after(5, 'TIMER_FIRED', { timerId: '1' }).task().completed().add('WORKFLOW_EXECUTION_COMPLETED');
    expect(endsOf(history)).toEqual([3, 8, 10]);
  });

  it('swallow tasks that failed or timed out', () => {
    const history = History.started().failed().task().timedOut().task().completed();
    history.add('WORKFLOW_EXECUTION_COMPLETED');
    expect(endsOf(history)).toEqual([9, 11]);
  });

  it('swallow tasks that were completed with nothing in them', () => {
    const history = History.started().completed().task().completed().task().completed().add('TIMER_STARTED');
    history.after(11, 'TIMER_FIRED').task();
    expect(endsOf(history)).toEqual([9, 14]);
  });

  it('end before a task whose update they led to', () => {
    const history = History.started().completed().task().completed();
    history.add('WORKFLOW_EXECUTION_UPDATE_ACCEPTED', { acceptedRequestSequencingEventId: 5 }).task();
    expect(endsOf(history)[0]).toBe(3);
    const unknown = History.started().completed();
    unknown.add('WORKFLOW_EXECUTION_UPDATE_ACCEPTED', { acceptedRequestSequencingEventId: 1 }).task();
    expect(endsOf(unknown)[0]).toBe(3);
  });

  it('end before the newest task when that came with an update, as they will in replay', () => {
    const history = History.started().completed().add('TIMER_STARTED').after(5, 'TIMER_FIRED').task();
    history.completed().task().failed().task();
    const update = history.update();
    expect(update.takeNextTask(0)).toMatchObject({ kind: 'events', isLast: false });
    const next = update.takeNextTask(3, 12);
    expect(next.kind === 'events' && [next.isLast, ...next.events.map(eventId)]).toEqual([false, 4, 5, 6, 7, 8]);
    const last = update.takeNextTask(8, 12);
    expect(last.kind === 'events' && [last.isLast, eventId(last.events.at(-1))]).toEqual([true, 14]);
  });

  it('need more history when it stops short of their end', () => {
    const { update, rest } = HistoryUpdate.fromEvents(
      History.started().events.slice(0, 2),
      { previousStartedId: 0, startedId: 3 },
      false,
    );
    expect(rest).toHaveLength(2);
    expect(update.canTakeNextTask(0)).toBe(false);
    expect(update.takeNextTask(0).kind).toBe('need-fetch');
    expect(update.firstEventId).toBeUndefined();
  });

  it('are over when nothing is left', () => {
    const { update } = HistoryUpdate.fromEvents([], { previousStartedId: 0, startedId: 0 }, true);
    expect(update.takeNextTask(0).kind).toBe('replay-over');
    expect(update.peekNextCompleted(0)).toBeUndefined();
  });
});

/** A history of tasks, each with one of the things that may happen to it. */
const histories = fc
  .array(fc.constantFrom('timer', 'nothing', 'failed', 'timed out', 'signal'), { minLength: 1, maxLength: 12 })
  .map((steps) => {
    const history = History.started();
    for (const step of steps) {
      if (step === 'failed') history.failed();
      else if (step === 'timed out') history.timedOut();
      else history.completed();
      if (step === 'timer') history.add('TIMER_STARTED');
      if (step === 'signal') history.add('WORKFLOW_EXECUTION_SIGNALED');
      history.task();
    }
    return history.completed().add('WORKFLOW_EXECUTION_COMPLETED');
  });

describe('the history of any run', () => {
  it('is cut without loss, repetition or reordering', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const update = history.update();
        const seen: number[] = [];
        for (let from = 0; ;) {
          const next = update.takeNextTask(from);
          if (next.kind !== 'events') break;
          seen.push(...next.events.map(eventId));
          from = next.events.findLast((event) => event.workflowTaskStartedEventAttributes) ? (seen.at(-1) ?? 0) : from;
          if (next.isLast) break;
        }
        expect(seen).toEqual(history.events.map(eventId));
      }),
    );
  });

  it('is cut the same in pages of any size', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 7 }), async (history, size) => {
        const startedId = history.length - 2;
        const ids = { previousStartedId: 0, startedId };
        const fetch = (token: Uint8Array) => {
          const from = token[0] ?? 0;
          const end = from + size < history.length;
          return Promise.resolve({
            events: history.events.slice(from, from + size),
            nextPageToken: end ? Uint8Array.of(from + size) : new Uint8Array(),
          });
        };
        const pager = PagedHistory.fromStart(fetch, ids, []);
        const seen: HistoryEvent[] = [];
        for (;;) {
          const update = await pager.nextUpdate();
          seen.push(...update.events);
          if (update.hasLastTask) break;
        }
        expect(seen.map(eventId)).toEqual(history.events.map(eventId));
      }),
      { numRuns: 50 },
    );
  });

  it('cannot be had when the server has less than it said', async () => {
    const empty = () => Promise.resolve({ events: [], nextPageToken: new Uint8Array() });
    const ids = { previousStartedId: 0, startedId: 3 };
    await expect(PagedHistory.fromStart(empty, ids, []).nextUpdate()).rejects.toThrow('empty history page');
    await expect(
      PagedHistory.ofTask(empty, ids, { events: [], nextPageToken: new Uint8Array() }).nextUpdate(),
    ).rejects.toThrow('empty history page');
  });

  it('ends with the events that came with the task, and once they were given, with nothing', async () => {
    const { events } = History.started();
    const ids = { previousStartedId: 0, startedId: 3 };
    const firstTwo = () => Promise.resolve({ events: events.slice(0, 2), nextPageToken: new Uint8Array() });
    const pager = PagedHistory.fromStart(firstTwo, ids, events.slice(1));
    expect((await pager.nextUpdate()).events).toHaveLength(3);
    expect((await pager.nextUpdate()).events).toHaveLength(0);
  });
});

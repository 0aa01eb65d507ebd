// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventType, toLong, toNumber } from '../../../src/core/proto.ts';
import type { HistoryEvent } from '../../../src/core/proto.ts';
import { flushOrder, wireStartedIds } from '../../../src/core/run/buffer.ts';
import { freezeDeep } from './frozen.ts';

type Kind = 'signal' | 'activity started' | 'activity completed' | 'child started' | 'child failed';

const event = (kind: Kind, about: number): HistoryEvent => {
  switch (kind) {
    case 'signal':
      return {
        eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        workflowExecutionSignaledEventAttributes: { signalName: String(about) },
      };
    case 'activity started':
      return {
        eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        activityTaskStartedEventAttributes: { scheduledEventId: toLong(about) },
      };
    case 'activity completed':
      return {
        eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        activityTaskCompletedEventAttributes: { scheduledEventId: toLong(about) },
      };
    case 'child started':
      return {
        eventType: EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
        childWorkflowExecutionStartedEventAttributes: { initiatedEventId: toLong(about) },
      };
    case 'child failed':
    default:
      return {
        eventType: EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
        childWorkflowExecutionFailedEventAttributes: { initiatedEventId: toLong(about), startedEventId: toLong(3) },
      };
  }
};

/** What happens to activities (even ids) and children (odd ones), each start before its end, signals in between. */
const buffered = fc
  .array(fc.tuple(fc.integer({ min: 10, max: 40 }), fc.constantFrom('both', 'end', 'start', 'signal')), {
    maxLength: 15,
  })
  .map((items) => {
    const seen = new Set<number>();
    return items.flatMap(([id, what]): HistoryEvent[] => {
      if (what === 'signal') return [event('signal', id)];
      if (seen.has(id)) return [];
      seen.add(id);
      const [start, end]: [Kind, Kind] =
        id % 2 ? ['child started', 'child failed'] : ['activity started', 'activity completed'];
      if (what === 'both') return [event(start, id), event(end, id)];
      return [event(what === 'end' ? end : start, id)];
    });
  });
const closes = (each: HistoryEvent): boolean =>
  Boolean(each.activityTaskCompletedEventAttributes ?? each.childWorkflowExecutionFailedEventAttributes);

describe('the inbox', () => {
  test('empties in the order of arrival, the ends of activities and children last', () => {
    fc.assert(
      fc.property(buffered, (events) => {
        const order = flushOrder(freezeDeep(events));
        expect(order).toEqual([...events.filter((each) => !closes(each)), ...events.filter((each) => closes(each))]);
      }),
    );
  });

  test('tells every end the id of its start when that was waiting too, and leaves what was stored alone', () => {
    fc.assert(
      fc.property(buffered, fc.integer({ min: 50, max: 90 }), (events, first) => {
        const placed = flushOrder(freezeDeep(events)).map((each, index) => ({
          ...each,
          eventId: toLong(first + index),
        }));
        const children = wireStartedIds(placed);
        const idOf = (kind: Kind, about: number): number | undefined => {
          const text = JSON.stringify(event(kind, about));
          const found = placed.find((each) => JSON.stringify({ ...each, eventId: undefined }) === text);
          return found && toNumber(found.eventId);
        };
        for (const each of placed) {
          const activity = each.activityTaskCompletedEventAttributes;
          const child = each.childWorkflowExecutionFailedEventAttributes;
          if (activity) {
            const started = idOf('activity started', toNumber(activity.scheduledEventId));
            expect(toNumber(activity.startedEventId)).toBe(started ?? 0);
          }
          if (child) {
            const started = idOf('child started', toNumber(child.initiatedEventId));
            expect(toNumber(child.startedEventId)).toBe(started ?? 3);
          }
        }
        const started = placed.filter((each) => each.childWorkflowExecutionStartedEventAttributes);
        expect([...children.values()]).toEqual(started.map(({ eventId }) => toNumber(eventId)));
      }),
    );
  });
});

import { expect, test } from 'vitest';
import { EventType, toLong } from '../../../src/core/proto.ts';
import type { HistoryEvent } from '../../../src/core/proto.ts';
import { KnownRuns } from '../../../src/engines/bullmq/known-runs.ts';
import { exampleRecord } from '../../../testing/conformance/store/examples.ts';

const record = exampleRecord('run');

/** A signal with so many bytes. */
function signal(id: number, bytes: number): HistoryEvent {
  return {
    eventId: toLong(id),
    eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    workflowExecutionSignaledEventAttributes: { input: { payloads: [{ data: new Uint8Array(bytes) }] } },
  };
}

test('of large events fewer are kept', () => {
  const known = new KnownRuns();
  known.set(record, { record, revision: 1 }, 0);
  for (let id = 1; id <= 20; id++) known.wrote({ record, events: [signal(id, 50_000)], expectedRevision: id });
  expect(known.events(record, 1, 21)).toHaveLength(5);
  known.wrote({ record, events: [signal(21, 1_000_000)], expectedRevision: 21 });
  expect(known.events(record, 1, 22)).toBe(undefined);
  known.wrote({ record, events: [signal(22, 10)], expectedRevision: 22 });
  expect(known.events(record, 1, 23)).toHaveLength(1);
});

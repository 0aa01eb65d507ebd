import { describe, expect, it } from 'vitest';
import { compareEventIds, formatEventId, parseEventId } from '../../../src/client/events/ids.ts';
import { ConfigurationError } from '../../../src/engine/index.ts';

const runId = '0198b5a6-1f2e-7c3d-8e4f-5a6b7c8d9e0f';

describe('ids of events', () => {
  it('say where an event stands', () => {
    const position = { generation: 3, eventId: 17, index: 2, runId };
    expect(parseEventId(formatEventId(position))).toEqual(position);
  });

  it('are ordered by run, event and place, as numbers', () => {
    const positions = [
      [1, 2, 0],
      [1, 10, 0],
      [1, 10, 1],
      [1, 10, 11],
      [2, 1, 0],
      [10, 1, 0],
    ] as const;
    const ids = positions.map(([generation, eventId, index]) => formatEventId({ generation, eventId, index, runId }));
    expect(ids.toReversed().toSorted(compareEventIds)).toEqual(ids);
    expect(compareEventIds(ids[0] ?? '', ids[0] ?? '')).toBe(0);
  });

  it.each(['', '1', '1.2.3', 'a.b.c.d', `1.2.3.${runId}.5`, `-1.2.3.${runId}`])(
    'are refused when malformed: %o',
    (id) => {
      expect(() => parseEventId(id)).toThrow(ConfigurationError);
    },
  );
});

import { toNumber } from './proto.ts';
import type { HistoryEvent } from './proto.ts';
import type { RunKey } from './record.ts';

/**
 * Checks that events continue a history without a gap.
 * @returns the id of the last event, `lastEventId` when there are none.
 * @throws RangeError when they do not: whoever made the commit has a bug, and storing it would ruin the history.
 */
export function continueHistory(key: RunKey, lastEventId: number, events: readonly HistoryEvent[]): number {
  let last = lastEventId;
  for (const event of events) {
    const id = toNumber(event.eventId);
    if (id !== last + 1) {
      throw new RangeError(
        `Event ${id} cannot follow event ${last} in the history of ${key.workflowId} (run ${key.runId}).`,
      );
    }
    last = id;
  }
  return last;
}

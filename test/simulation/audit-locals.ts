import { isLocalActivityMarker, localMarkerOf } from '../../src/core/activations/local/marker.ts';
import type { Report, Whole } from './whole.ts';
import { decode } from './flow.ts';
import type { Ledger } from './ledger.ts';

/** I2, I3: a local activity has one result, of an attempt that a worker has begun. */
export function examineLocals({ record, events }: Whole, ledger: Ledger, report: Report): void {
  const ended = new Set<string>();
  for (const event of events) {
    if (!isLocalActivityMarker(event)) continue;
    const { activityId, backoffMs, outcome } = localMarkerOf(event);
    if (backoffMs !== undefined) continue;
    if (ended.has(activityId)) report(`the local activity ${activityId} has ended twice`);
    ended.add(activityId);
    if (outcome.kind !== 'completed') continue;
    const result = String(decode(outcome.result));
    if (!ledger.locals.has(result)) report(`${result} is the result of nobody`);
    const isOwn = result.startsWith(`${record.runId}/${activityId}/`);
    if (!isOwn && record.resetFrom === undefined) report(`${activityId} has the result ${result}`);
  }
}

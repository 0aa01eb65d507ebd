import type { temporal } from '@temporalio/proto';
import { TOTAL_UPDATES, UPDATES_IN_FLIGHT } from '../../core/limits.ts';
import type { RunRecord } from '../../core/record.ts';
import { updateRequestSize } from '../../core/sizes.ts';
import { failedPrecondition, resourceExhausted } from '../errors.ts';
import { keyOf } from './keys.ts';
import type { Updates } from './updates.ts';

/**
 * Refuses one more update of a run that has too many.
 * @throws ServiceError RESOURCE_EXHAUSTED as long as too many are on their way; FAILED_PRECONDITION when it has taken all that one run takes.
 */
export function refuseManyUpdates(updates: Updates, record: RunRecord, request: temporal.api.update.v1.IRequest): void {
  const run = keyOf(record);
  const unaccepted = updates.countUnaccepted(run);
  const { count, bytes } = UPDATES_IN_FLIGHT;
  if (unaccepted + openUpdates(record) >= count)
    throw resourceExhausted(`limit on number of concurrent in-flight updates has been reached (${count})`);
  if (unaccepted + record.updates.size >= TOTAL_UPDATES.most) throw failedPrecondition(tooMany);
  if (updates.sizeOf(run) + updateRequestSize(request) >= bytes)
    throw resourceExhausted(`limit on total payload size of in-flight updates has been reached (${bytes} bytes)`);
}

function openUpdates({ updates }: RunRecord): number {
  let open = 0;
  for (const { completedEventId } of updates.values()) if (completedEventId === 0) open++;
  return open;
}

const tooMany =
  `The limit on the total number of distinct updates in this workflow has been reached (${TOTAL_UPDATES.most}). ` +
  'Make sure any duplicate updates share an Update ID so the server can deduplicate them, and consider rejecting updates that you ' +
  "aren't going to process. You can also Continue-as-New to avoid this; we recommend you check Continue-as-New Suggested in your Workflow.";

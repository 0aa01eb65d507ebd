import type { PendingActivity, RunKey } from '../../core/record.ts';
import { giveBackActivity } from '../../core/run/activity.ts';
import type { CallOptions } from '../service.ts';
import type { FrontendContext } from './context.ts';

/**
 * Gives activities that were started for a caller to others when that caller is gone: nobody would work on them until they time out. What
 * has happened to them in the meantime stays.
 */
export async function giveBackUndelivered(
  context: FrontendContext,
  run: RunKey,
  activities: readonly PendingActivity[],
  { isGone }: CallOptions,
): Promise<void> {
  if (activities.length === 0 || isGone === undefined || !isGone()) return;
  await context.runs.transact([run], async (transaction) => {
    const draft = await transaction.draft(run);
    const undelivered = activities.flatMap(({ scheduledEventId, requestId }) => {
      const current = draft?.isOpen ? draft.record.activities.get(scheduledEventId) : undefined;
      return current?.state === 'started' && current.requestId === requestId ? current : [];
    });
    if (draft === undefined || undelivered.length === 0) transaction.discard(run);
    else for (const activity of undelivered) giveBackActivity(draft, activity);
  });
}

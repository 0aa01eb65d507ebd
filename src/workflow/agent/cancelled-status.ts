import { CancelledFailure } from '@temporalio/workflow';

/** What of the workflow runtime's state decides whether a run ends as cancelled. */
interface Activator {
  cancelled: boolean;
}

/**
 * Ends this run as cancelled, also when it was asked to end by signal. The runtime lets a run end so only when the request came as Temporal's
 * own, and knows no other way to say it; to servers it makes no difference.
 * @throws CancelledFailure always.
 */
export function endAsCancelled(reason: string): never {
  const { __TEMPORAL_ACTIVATOR__: activator } = globalThis as unknown as { __TEMPORAL_ACTIVATOR__?: Activator };
  if (activator) activator.cancelled = true;
  throw new CancelledFailure(reason);
}

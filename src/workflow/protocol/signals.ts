import type { ChildEnd } from './activities.ts';
import type { Wait } from './waits.ts';

/** The argument of the signal `cancelRun`. */
export interface CancelRequest {
  /** For whoever reads the history. */
  readonly reason?: string;
  /** How long cleaning up may take, compensations included. Milliseconds. Default: 60,000. */
  readonly deadline?: number;
}

/** The argument of the signal by which a sub-agent tells the root what it waits for. */
export type WaitChange =
  | { readonly type: 'opened'; readonly wait: Wait }
  | { readonly type: 'closed'; readonly waitId: string }
  /** An agent has died without a word: nothing of it or below it waits any more. Said by its caller. */
  | { readonly type: 'dropped'; readonly workflowId: string };

/** The argument of the signal by which a sub-agent tells its parent that it has ended. */
export interface ChildReport {
  readonly workflowId: string;
  readonly toolCallId: string;
  readonly end: ChildEnd;
}

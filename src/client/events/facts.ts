import type { EventFailure } from './event.ts';

/** How a run ended. */
export type Closing =
  | { readonly status: 'completed'; readonly result: unknown }
  | { readonly status: 'failed'; readonly failure: EventFailure }
  | { readonly status: 'cancelled' | 'timed_out' }
  | { readonly status: 'terminated'; readonly reason: string };

/** How an activity or a child run ended. */
export type Ending = { readonly result: unknown } | { readonly failure: EventFailure };

/** What an event of history says that matters here, with its payloads decoded. */
export type Fact =
  | {
      readonly kind: 'started';
      readonly workflowType: string;
      readonly input: unknown;
      readonly memo: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'activity-scheduled';
      readonly activityId: string;
      readonly activityType: string;
      readonly input: unknown;
    }
  | { readonly kind: 'activity-ended'; readonly scheduledEventId: number; readonly ending: Ending }
  | {
      readonly kind: 'child-initiated';
      readonly workflowId: string;
      readonly workflowType: string;
      readonly input: unknown;
    }
  | { readonly kind: 'child-started'; readonly workflowId: string }
  | { readonly kind: 'child-ended'; readonly workflowId: string; readonly ending: Ending }
  | { readonly kind: 'memo-changed'; readonly memo: Readonly<Record<string, unknown>> }
  | { readonly kind: 'signalled'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'updated'; readonly name: string; readonly updateId: string; readonly input: unknown }
  | { readonly kind: 'cancel-requested'; readonly reason: string }
  | { readonly kind: 'paused'; readonly reason: string }
  | { readonly kind: 'resumed' }
  /** The chain goes on with another run. */
  | { readonly kind: 'continued'; readonly runId: string }
  | { readonly kind: 'closed'; readonly closing: Closing };

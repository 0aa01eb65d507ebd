import type { temporal } from '@temporalio/proto';
import type { RunDraft } from '../run/draft.ts';
import type { AttributeTypes } from '../search-attributes/types.ts';

/** What a command may need to know beside itself. */
export interface Decision {
  readonly draft: RunDraft;
  /** `WorkflowTaskCompleted`, which the new events refer to. */
  readonly taskCompletedId: number;
  readonly identity: string;
  /** Ids for new runs and requests. */
  readonly newId: () => string;
  /** Updates that were sent with the task. */
  readonly updateRequests: ReadonlyMap<string, temporal.api.update.v1.IRequest>;
  /** Search attributes that were declared in a namespace. Default: none. */
  readonly attributesOf?: ((namespace: string) => AttributeTypes) | undefined;
  /** The inbox, as far as it keeps the run from closing. */
  hasUnseenEvents(): boolean;
}

/** What a handler may report. */
export interface HandlerResult {
  readonly eagerActivity?: number;
  readonly needsNewTask?: boolean;
}

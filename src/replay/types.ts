import type { AnyWorkerOptions } from '../worker/index.ts';
import type { Json } from '../workflow/protocol/index.ts';

/** A run as it was recorded. */
export interface RecordedRun {
  /** Its workflow id. */
  readonly id: string;
  /** Its history in Temporal's JSON: `{ "events": […] }`, as `perdure history`, the Temporal CLI and its UI write it. */
  readonly history: RecordedHistory;
}

/** A history in Temporal's JSON. */
export interface RecordedHistory {
  /** In order, from the first one on. */
  readonly events: readonly Json[];
}

/** Where today's code does something else than the run did. */
export interface CodeDifference {
  /** `nondeterminism`: another step than in history; `failure`: the code throws; `extra`: a step that history does not have, which Temporal's replayer accepts. */
  readonly kind: 'extra' | 'failure' | 'nondeterminism';
  /** In words of Temporal's runtime, or the error's own. */
  readonly message: string;
  /** The event that does not fit, or after which the code does more; missing when none can be named. */
  readonly event?: {
    /** Its number in the history, from 1. */
    readonly id: number;
    /** Its type, in Temporal's words. */
    readonly type: string;
  };
  /** What the run did there. */
  readonly expected?: string;
  /** What the code does there. */
  readonly actual?: string;
  /** Where in the code that happens, with source positions; missing when it is not known. */
  readonly stack?: string;
}

/** Something of an agent's definition that is not as it was when the run started. Runs keep the definition that they started with. */
export interface DefinitionDifference {
  /** Its name. */
  readonly agent: string;
  /** What has changed, such as `instructions`, `model`, `tools.refund.inputSchema`, `limits.steps`. */
  readonly field: string;
  /** What has become of it since. */
  readonly change: 'added' | 'changed' | 'removed';
  /** As recorded; missing when it was added. */
  readonly before?: Json;
  /** As it is; missing when it was removed. */
  readonly after?: Json;
}

/** What came of a run's replay. */
export interface ReplayedRun {
  /** Its workflow id. */
  readonly id: string;
  /** The run's own id; missing where the history does not say it. */
  readonly runId?: string;
  /** Its workflow type. */
  readonly type: string;
  /** Whether nothing counts against it. */
  readonly ok: boolean;
  /** Missing when today's code does what the run did. */
  readonly code?: CodeDifference;
  /** What is different about the agents that the run has asked for. They count with `strict` only. */
  readonly definitions: readonly DefinitionDifference[];
}

/** What came of all. */
export interface ReplayReport {
  /** Whether nothing counts against any of them. */
  readonly ok: boolean;
  /** In the order in which they were given. */
  readonly runs: readonly ReplayedRun[];
}

/** What is replayed, on which code. */
export interface ReplayOptions extends Pick<AnyWorkerOptions, 'agents' | 'tools' | 'workerOptions' | 'workflowsPath'> {
  /** Of `recordedRuns`, or your own. */
  readonly runs: AsyncIterable<RecordedRun> | Iterable<RecordedRun>;
  /** Whether definitions that have changed count as well. Default `false`. */
  readonly strict?: boolean;
}

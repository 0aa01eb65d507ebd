import type { temporal } from '@temporalio/proto';
import type { Engine } from '../../engine/index.ts';

/** An event of a history. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** What a start is asked for. */
export type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;

/** Between which engines a run is moved. */
export interface MigrateOptions {
  /** Where the run is. It has to be able to pause runs, as the engines of this package can. */
  readonly from: Engine;
  /** Where it is to go on. Both engines need the same data converter. */
  readonly to: Engine;
  /** Only looks, and says what would happen. Default `false`. */
  readonly dryRun?: boolean;
}

/** What stands in the way of moving a run. */
export interface Obstacle {
  /** What it is, as one sentence. */
  readonly problem: string;
  /** What to do about it, as one sentence. */
  readonly fix: string;
}

/**
 * How a run goes on elsewhere: `anew` with its input, for its workflow has not begun; `continued` with all that its agent knows, as if it had continued as
 * new.
 */
export type MigrationWay = 'anew' | 'continued';

/** What came of moving a run. */
export type Migration =
  | {
      /** It goes on there, and has ended here. */
      readonly type: 'moved';
      /** The run that it was. */
      readonly runId: string;
      /** The run that it is. */
      readonly newRunId: string;
    }
  | {
      /** With `dryRun`: it can be moved as it is now. */
      readonly type: 'possible';
      /** How. */
      readonly way: MigrationWay;
      /** Signals that it has not seen, and that go with it. */
      readonly signals: number;
    }
  | {
      /** It stays where it is and goes on there. */
      readonly type: 'refused';
      /** Why. */
      readonly obstacles: readonly Obstacle[];
    };

/** A run with all that is known of it without its workflow. */
export interface Source {
  readonly workflowId: string;
  readonly runId: string;
  readonly description: temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse;
  readonly events: readonly HistoryEvent[];
}

import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { Logger } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { RunEnd, TraceContext } from '../workflow/protocol/index.ts';

/** A model call that is about to be made. */
export interface ModelCall {
  /** As the AI SDK names it, such as `openai.responses`. */
  readonly provider: string;
  /** As the provider names it. */
  readonly model: string;
  /** What it is given. */
  readonly options: LanguageModelV4CallOptions;
}

/** A run that has ended. */
export interface EndedRun {
  /** Its workflow id. */
  readonly workflowId: string;
  /** Of the last run of its chain. */
  readonly runId: string;
}

/**
 * What is told of the work of clients and workers, and to whom. `createTelemetry` of `perdure/observability` makes one from logs, traces and metrics; clients and
 * workers know no more than this.
 */
export interface Telemetry {
  /** Where workers log. */
  readonly logger: Logger;
  /** Surrounds each attempt of an activity. */
  readonly activity: ActivityInterceptorsFactory;
  /** Where in a trace this process is now: goes with the runs that it starts. `undefined` when it is in none. */
  trace(): TraceContext | undefined;
  /** Hears of a model call, in the attempt that makes it. Never throws. */
  modelCalled(call: ModelCall): void;
  /** Hears of the end of a run. Never throws; in rare crashes it hears twice of one. */
  runEnded(run: EndedRun, end: RunEnd): void;
}

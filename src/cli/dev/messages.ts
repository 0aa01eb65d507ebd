import type { LogLevel } from '@temporalio/worker';
import type { EngineFlags } from '../engine-flags.ts';

/** What a process at work is told, as JSON in its first argument. Any message later asks it to end. */
export interface WorkOrder {
  /** What says what the worker runs. */
  readonly file: string;
  readonly flags: EngineFlags;
  /** Where the API listens. `undefined`: there is none. */
  readonly port: number | undefined;
  readonly logLevel: LogLevel | undefined;
}

/** What a process at work says: that all is running, or why not. */
export type WorkReport =
  | {
      readonly type: 'ready';
      readonly agents: readonly string[];
      /** Engine, and where runs live. */
      readonly place: string;
      /** Of the API, and its port. */
      readonly url?: string;
      readonly port?: number;
    }
  | { readonly type: 'failed'; readonly message: string };

/** The report of a process that runs. */
export type ReadyReport = Extract<WorkReport, { type: 'ready' }>;

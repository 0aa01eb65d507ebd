import type { LogLevel } from '@temporalio/worker';
import type { EngineFlags } from '../engine-flags.ts';

/** What a process at work is told, as JSON in its first argument. */
export interface WorkOrder {
  readonly file: string;
  readonly flags: EngineFlags;
  /** Where the API listens. `undefined`: there is none. */
  readonly port: number | undefined;
  /** Whether another port will do when that one is taken. */
  readonly anyPort: boolean;
  readonly logLevel: LogLevel;
}

/** What a process at work says. */
export type WorkReport =
  | {
      readonly type: 'ready';
      readonly agents: readonly string[];
      readonly engine: string;
      /** Where runs live. */
      readonly place: string;
      readonly url?: string;
      readonly port?: number;
    }
  | { readonly type: 'failed'; readonly message: string };

/** What it is told later. */
export type WorkRequest = { readonly type: 'stop' };

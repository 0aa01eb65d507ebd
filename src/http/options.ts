import type { Prices } from '../client/inspect/types.ts';
import type { Perdure } from '../client/perdure.ts';
import type { WorkflowData } from '../data/types.ts';
import type { AnyAgent } from '../agent/types.ts';
import type { AuthOptions } from './auth/options.ts';

/** What the API writes its log with: that of `createLogger` takes secrets out, those of the official runtime fit, too. */
export interface ApiLogger {
  /** What happened as it should. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** What somebody should look at. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** What went wrong here. */
  error(message: string, fields?: Record<string, unknown>): void;
}

/** How much one may ask for. */
export interface ApiLimits {
  /** Largest body of a request, in bytes. Default: 1 MiB. */
  readonly bodyBytes?: number;
  /** How deep a body may be nested. Default: 64. */
  readonly bodyDepth?: number;
  /** Requests of one credential, or of one address without one, in a minute. Default: 600. */
  readonly requestsPerMinute?: number;
  /** Wrong credentials from one address in a minute. Default: 30. */
  readonly failedLoginsPerMinute?: number;
  /** How long an answer to a run may wait until a worker takes it, in milliseconds. Default: 10,000. */
  readonly answerTimeout?: number;
  /** Open streams of one credential. Default: 20. */
  readonly streams?: number;
}

/** What the API is made of. */
export interface ApiOptions {
  /** Where the runs are. It stays open when the API is closed. */
  readonly perdure: Perdure;
  /** What may be started, and by what schema. Without any, every name may be started, and input is checked by the worker only. */
  readonly agents?: readonly AnyAgent[];
  /**
   * Who may do what. `'loopback'`: everybody on this machine may do everything, nobody else anything; browsers only from pages of this server.
   */
  readonly auth: AuthOptions | 'loopback';
  /** Pages of which origins may use the API, such as `https://app.example.com`. Default: none but those of this server. */
  readonly cors?: readonly string[];
  /** What models cost, by which the cost of runs is calculated. Default: none is. */
  readonly prices?: Prices;
  /** What runs have written. It stays open when the API is closed. Default: none, so the routes about it answer 501. */
  readonly data?: WorkflowData;
  /** How much one may ask for. */
  readonly limits?: ApiLimits;
  /** Default: nothing is logged. */
  readonly logger?: ApiLogger;
}

/** `ApiLimits` with what is left out. */
export const DEFAULT_LIMITS: Required<ApiLimits> = {
  bodyBytes: 1024 * 1024,
  bodyDepth: 64,
  requestsPerMinute: 600,
  failedLoginsPerMinute: 30,
  answerTimeout: 10_000,
  streams: 20,
};

import type { Limits, RetrySettings } from '../workflow/protocol/index.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What holds when a definition says nothing else. Times are milliseconds. */
export const DEFAULTS: {
  readonly toolTimeout: { readonly sync: number; readonly async: number };
  readonly heartbeatTimeout: number;
  readonly toolRetry: RetrySettings;
  readonly maxResultBytes: number;
  readonly limits: Limits;
  readonly askTimeout: number;
  readonly modelTimeout: number;
  readonly modelRetry: RetrySettings;
} = {
  toolTimeout: { sync: MINUTE, async: 24 * HOUR },
  heartbeatTimeout: 10 * SECOND,
  toolRetry: { maximumAttempts: 3, initialInterval: SECOND, backoffCoefficient: 2, maximumInterval: 30 * SECOND },
  maxResultBytes: 256 * 1024,
  limits: { steps: 50, depth: 5 },
  askTimeout: HOUR,
  modelTimeout: 5 * MINUTE,
  modelRetry: { maximumAttempts: 5, initialInterval: SECOND, backoffCoefficient: 2, maximumInterval: MINUTE },
};

/** The tool by which a model asks the user; no tool and no agent may be called so. */
export const ASK_USER_TOOL = 'request_user_input';

import type { Duration } from '@temporalio/common';
import { ConfigurationError } from '../../engine/index.ts';
import { anything, type Check, count, flag, section, show, text } from '../../engine/shape.ts';
import { msToNumber } from '../../official.ts';
import type { TemporalEngineConfig } from './config.ts';

const duration: Check = (path, value) => {
  durationAt(path, value as Duration);
};

const atLeastOne: Check = (path, value) => {
  if (typeof value === 'number' && value >= 1) return;
  throw new ConfigurationError(path, `${show(value)} is less than 1.`, { fix: 'Give a number of at least 1.' });
};

const tlsFiles = section({
  clientCertPath: text,
  clientKeyPath: text,
  serverRootCACertPath: text,
  serverNameOverride: text,
});

const config = section({
  connection: section({
    address: text,
    namespace: text,
    tls: (path, value) => (typeof value === 'boolean' ? undefined : tlsFiles(path, value)),
    apiKey: text,
    connectTimeout: duration,
  }),
  workers: section({
    taskQueue: text,
    maxConcurrentWorkflows: count(1),
    maxConcurrentActivities: count(1),
    maxCachedWorkflows: count(0),
    enableLogging: flag,
    gracefulShutdownTimeout: duration,
  }),
  workflowDefaults: section({
    workflowExecutionTimeout: duration,
    workflowRunTimeout: duration,
    workflowTaskTimeout: duration,
    activityTimeout: duration,
  }),
  retryPolicy: section({
    initialInterval: duration,
    backoffCoefficient: atLeastOne,
    maximumInterval: duration,
    maximumAttempts: count(1),
  }),
  client: anything,
} satisfies Record<keyof TemporalEngineConfig, Check>);

/**
 * Checks that a configuration has only known settings, of the right kinds.
 * @throws ConfigurationError for the first that is wrong.
 */
export function checkShape(value: TemporalEngineConfig): void {
  config('', value);
}

/**
 * A duration in milliseconds.
 * @throws ConfigurationError when it is none, or negative.
 */
export function durationAt(path: string, value: Duration): number {
  try {
    const ms = msToNumber(value);
    if (Number.isFinite(ms) && ms >= 0) return ms;
  } catch {
    // Not a duration: the error below says so in words of the configuration.
  }
  throw new ConfigurationError(path, `${show(value)} is no duration.`, {
    fix: "Give milliseconds or a string such as '30s', '10m' or '24h'.",
  });
}

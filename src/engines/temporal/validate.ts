import type { Duration } from '@temporalio/common';
import { ConfigurationError } from '../../engine/index.ts';
import { type Check, clientOptions, count, flag, type Refusal, section, show, text } from '../../engine/shape.ts';
import { msToNumber } from '../../official.ts';
import type { TemporalEngineConfig } from './config.ts';

const duration: Check = (path, value) => {
  durationAt(path, value as Duration);
};

const atLeastOne: Check = (path, value) => {
  if (typeof value === 'number' && value >= 1) return;
  throw new ConfigurationError(path, `${show(value)} is less than 1.`, { fix: 'Give a number of at least 1.' });
};

const moved = (path: string): Refusal => ({ problem: 'is not where it belongs.', fix: `Move it to \`${path}\`.` });

/** What people know from the official client and worker, and put where it is there. */
const atRoot = {
  address: moved('connection.address'),
  namespace: moved('connection.namespace'),
  tls: moved('connection.tls'),
  apiKey: moved('connection.apiKey'),
  taskQueue: moved('workers.taskQueue'),
};
const inConnection = {
  metadata: {
    problem: 'is not taken from the configuration.',
    fix: 'Set variables such as TEMPORAL_GRPC_META_MY_HEADER.',
  },
};
const inWorkers = {
  maxConcurrentWorkflowTaskExecutions: moved('workers.maxConcurrentWorkflows'),
  maxConcurrentActivityTaskExecutions: moved('workers.maxConcurrentActivities'),
  shutdownGraceTime: moved('workers.gracefulShutdownTimeout'),
  workerOptions: {
    problem: 'does not exist here.',
    fix: 'Give `maxCachedWorkflows` and `enableLogging` in `workers` itself, and other options of the official worker to createWorker().',
  },
};

const tlsFiles = section({
  clientCertPath: text,
  clientKeyPath: text,
  serverRootCACertPath: text,
  serverNameOverride: text,
});

const config = section(
  {
    connection: section(
      {
        address: text,
        namespace: text,
        tls: (path, value) => (typeof value === 'boolean' ? undefined : tlsFiles(path, value)),
        apiKey: text,
        connectTimeout: duration,
      },
      '',
      inConnection,
    ),
    workers: section(
      {
        taskQueue: text,
        maxConcurrentWorkflows: count(1),
        maxConcurrentActivities: count(1),
        maxCachedWorkflows: count(0),
        enableLogging: flag,
        gracefulShutdownTimeout: duration,
      },
      '',
      inWorkers,
    ),
    workflowDefaults: section(
      {
        workflowExecutionTimeout: duration,
        workflowRunTimeout: duration,
        workflowTaskTimeout: duration,
        activityTimeout: duration,
      },
      '',
      { retryPolicy: moved('retryPolicy') },
    ),
    retryPolicy: section({
      initialInterval: duration,
      backoffCoefficient: atLeastOne,
      maximumInterval: duration,
      maximumAttempts: count(1),
    }),
    client: clientOptions,
  } satisfies Record<keyof TemporalEngineConfig, Check>,
  'config',
  atRoot,
);

/**
 * Checks that a configuration has only known settings, of the right kinds.
 * @throws ConfigurationError for the first that is wrong.
 */
export function checkShape(value: TemporalEngineConfig): void {
  config('', value);
  const { initialInterval = '1s', maximumInterval } = value.retryPolicy ?? {};
  if (maximumInterval === undefined || msToNumber(maximumInterval) >= msToNumber(initialInterval)) return;
  throw new ConfigurationError('retryPolicy.maximumInterval', `is less than the initial one (${initialInterval}).`, {
    fix: 'Give at least `retryPolicy.initialInterval`.',
  });
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

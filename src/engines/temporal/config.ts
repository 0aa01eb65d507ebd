import type { ClientOptions } from '@temporalio/client';
import type { Duration, RetryPolicy } from '@temporalio/common';

/**
 * How to reach a Temporal cluster and with which defaults. Everything is optional; what is not given here is taken from Temporal's own
 * environment variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS`, …), then from the defaults.
 * Durations are milliseconds or strings such as `'30s'`.
 */
export interface TemporalEngineConfig {
  /** Where the cluster is and how to get in. */
  readonly connection?: TemporalConnectionConfig;
  /** Defaults of `createWorker`. */
  readonly workers?: TemporalWorkersConfig;
  /** Timeouts for what is started without its own. */
  readonly workflowDefaults?: TemporalWorkflowDefaults;
  /**
   * How tools and model calls of agents are retried that say nothing themselves. A cluster has no such default, so workflows of one's own get it
   * from `engine.activityDefaults` only. Not applied to workflows. What is left out: as for tools.
   */
  readonly retryPolicy?: TemporalRetryPolicy;
  /** Further options of the client: data converter, interceptors, plugins, identity. The data converter is also that of the workers. */
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
}

/** Where the cluster is and how to get in. */
export interface TemporalConnectionConfig {
  /** `host` or `host:port`. Default `'localhost:7233'`. */
  readonly address?: string;
  /** Default `'default'`. */
  readonly namespace?: string;
  /** `true` for TLS with the system's roots. Default: off, or on when there is an API key. */
  readonly tls?: boolean | TemporalTlsConfig;
  /** Sent with every call. */
  readonly apiKey?: string;
  /** How long to wait for the server to answer. Default 10 s; but 3 s while nobody listens at the address. */
  readonly connectTimeout?: Duration;
}

/** Files for TLS, in PEM. They are read and checked before anything is connected. */
export interface TemporalTlsConfig {
  /** The client's certificate, for mTLS. Needs `clientKeyPath`. */
  readonly clientCertPath?: string;
  /** The client's private key, unencrypted. Needs `clientCertPath`. */
  readonly clientKeyPath?: string;
  /** Certificates that the server's is checked with. Default: the system's roots. */
  readonly serverRootCACertPath?: string;
  /** The name that the server's certificate is checked for. Default: the host of `address`. */
  readonly serverNameOverride?: string;
}

/** Defaults of `createWorker`; options given there win. */
export interface TemporalWorkersConfig {
  /** Where runs are started and workers look when nothing else is said. */
  readonly taskQueue?: string;
  /** Workflow tasks at once. Default: that of the official worker, 40. */
  readonly maxConcurrentWorkflows?: number;
  /** Activities at once. Default: that of the official worker, 100. */
  readonly maxConcurrentActivities?: number;
  /** Workflows kept in memory; 0 for none. Default: that of the official worker, by memory. */
  readonly maxCachedWorkflows?: number;
  /** `false` leaves errors only in the log. Without effect when the application has installed its own `Runtime`. Default `true`. */
  readonly enableLogging?: boolean;
  /** How long running activities may go on after a shutdown was asked for. Default: that of the official worker, 0. */
  readonly gracefulShutdownTimeout?: Duration;
}

/** Timeouts for what is started without its own. */
export interface TemporalWorkflowDefaults {
  /** Of a workflow with all its runs. Set on every start by this engine's client. */
  readonly workflowExecutionTimeout?: Duration;
  /** Of one run. Set on every start by this engine's client. */
  readonly workflowRunTimeout?: Duration;
  /** Of one workflow task. Set on every start by this engine's client. */
  readonly workflowTaskTimeout?: Duration;
  /** Of one attempt of a tool or a model call of an agent that says nothing itself (start to close), like `retryPolicy`. */
  readonly activityTimeout?: Duration;
}

/** When and how often to try again. */
export type TemporalRetryPolicy = Pick<
  RetryPolicy,
  'initialInterval' | 'backoffCoefficient' | 'maximumInterval' | 'maximumAttempts'
>;

/**
 * The engine for Temporal clusters.
 *
 * @module
 */
export type {
  TemporalConnectionConfig,
  TemporalEngineConfig,
  TemporalRetryPolicy,
  TemporalTlsConfig,
  TemporalWorkersConfig,
  TemporalWorkflowDefaults,
} from './config.ts';
export { createTemporalEngine, type TemporalEngine, type TemporalWorkerOptions } from './engine.ts';
export type { Environment } from './environment.ts';

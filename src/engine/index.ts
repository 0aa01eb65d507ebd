/**
 * The contract of an engine, for those who use one and for those who write one.
 *
 * @module
 */
export type {
  Broadcasts,
  Engine,
  EngineHealth,
  EngineInfo,
  NativeConnectionLike,
  PerdureWorker,
  ReconcileOptions,
  ReconcileResult,
} from './engine.ts';
export { ConfigurationError, type ConfigurationErrorOptions, EngineUnavailableError } from './errors.ts';

/**
 * The engine on Redis and BullMQ: many processes share the work.
 *
 * @module
 */
export { StoreError, type StoreErrorCode } from '../../core/store.ts';
export type { LocalConnection } from '../../runtime/connection.ts';
export { type BullmqEngine, createBullmqEngine } from './engine.ts';
export type {
  BullmqEngineOptions,
  Environment,
  JobDefaults,
  KeepJobs,
  RedisSettings,
  WorkersSettings,
} from './options.ts';
export type { RunProgress } from './progress.ts';

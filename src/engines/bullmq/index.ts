/**
 * The engine on Redis and BullMQ: many processes share the work.
 *
 * @module
 */
export { aclRules } from './acl.ts';
export { StoreError, type StoreErrorCode } from '../../core/store.ts';
export type { LocalConnection } from '../../runtime/connection.ts';
export { type BullmqEngine, createBullmqEngine } from './engine.ts';
export type {
  BullmqEngineOptions,
  Environment,
  JobDefaults,
  KeepJobs,
  OwnRedisOptions,
  QueueSettings,
  RedisSettings,
  WorkersSettings,
} from './options.ts';
export type { JobSchedulerInfo, JobSchedulers, ScheduledStart } from './job-schedulers.ts';
export type { RepeatOptions } from './repeat.ts';
export type { Overlap } from './triggers.ts';
export type { RunProgress } from './progress.ts';

/**
 * The engine in this process: memory or SQLite, no server.
 *
 * @module
 */
export type { Clock, HeldWork } from '../../core/clock.ts';
export { StoreError, type StoreErrorCode } from '../../core/store.ts';
export type { LocalConnection } from '../../runtime/connection.ts';
export { createEmbeddedEngine, type EmbeddedEngine } from './engine.ts';
export type { EmbeddedEngineOptions } from './options.ts';

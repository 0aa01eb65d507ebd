/**
 * Engines on storage of one's own: what a store has to promise, and what makes an engine of it. The promises are tried by `storeScenarios` of
 * `perdure/testing/conformance`, and the engine by its `scenarios`.
 *
 * @module
 */
export type { Clock, HeldWork } from '../../core/clock.ts';
export {
  compareInList,
  decodeCursor,
  encodeCursor,
  isUnfinished,
  type ListPosition,
  matchesFilter,
} from '../../core/listing.ts';
export type { NamespaceRecord } from '../../core/namespace-record.ts';
export type { HistoryEvent } from '../../core/proto.ts';
export { decodeRecord, encodeRecord } from '../../core/record-codec.ts';
export type { RunKey } from '../../core/record.ts';
export type { AttributeType, DeclaredAttributes } from '../../core/search-attributes/types.ts';
export {
  type AttributeFilter,
  type Commit,
  type CurrentWrite,
  type ListFilter,
  type ListPage,
  type ListQuery,
  type RunWrite,
  type Store,
  type StoredNamespace,
  type StoredRun,
  StoreError,
  type StoreErrorCode,
  type TimeRange,
} from '../../core/store.ts';
export { decodeCommit, encodeCommit } from './commit-text.ts';
export { MemoryStore } from './memory-store.ts';
export { createStoreEngine, type StoreEngineOptions } from './store-engine.ts';

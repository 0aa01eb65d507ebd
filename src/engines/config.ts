import type { BullmqEngineOptions } from './bullmq/options.ts';
import type { CustomEngineConfig } from './custom.ts';
import type { EmbeddedEngineOptions } from './embedded/options.ts';
import type { Engine } from '../engine/index.ts';
import type { RoutedEngineOptions } from './routed/options.ts';
import type { TemporalEngineConfig } from './temporal/config.ts';

/** Workflows in this process, on one SQLite file (`path`) or in memory (`memory: true`). */
export interface EmbeddedConfig extends EmbeddedEngineOptions {
  /** Tells which engine is meant. */
  readonly type: 'embedded';
}

/** Workflows on Redis, shared by many processes. Without `redis`, it is found by `REDIS_URL`. */
export interface BullmqConfig extends BullmqEngineOptions {
  /** Tells which engine is meant. */
  readonly type: 'bullmq';
}

/** Workflows on a Temporal cluster. What is not given comes from Temporal's own environment variables. */
export interface TemporalConfig extends TemporalEngineConfig {
  /** Tells which engine is meant. */
  readonly type: 'temporal';
}

/** Several engines as one: rules say where a run is started, and everything else finds it there. */
export interface RoutedConfig extends RoutedEngineOptions<Engine | EngineConfig> {
  /** Tells which engine is meant. */
  readonly type: 'routed';
}

/** Which engine, and how it is reached: data, so that a program can take it from wherever it keeps its settings. */
// Custom ones are `never` until one is declared.
// oxlint-disable-next-line typescript/no-redundant-type-constituents
export type EngineConfig = BullmqConfig | CustomEngineConfig | EmbeddedConfig | RoutedConfig | TemporalConfig;

/** Names of this package's engines that the environment or a command line may ask for: a name says all about them. */
export const ENGINE_TYPES: readonly ('bullmq' | 'embedded' | 'temporal')[] = ['embedded', 'bullmq', 'temporal'];

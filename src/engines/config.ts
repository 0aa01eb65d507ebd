import type { BullmqEngineOptions } from './bullmq/options.ts';
import type { EmbeddedEngineOptions } from './embedded/options.ts';
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

/** Which engine, and how it is reached: data, so that a program can take it from wherever it keeps its settings. */
export type EngineConfig = BullmqConfig | EmbeddedConfig | TemporalConfig;

/** Names of the engines that a configuration may ask for. */
export const ENGINE_TYPES: readonly EngineConfig['type'][] = ['embedded', 'bullmq', 'temporal'];

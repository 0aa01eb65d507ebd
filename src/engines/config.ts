import type { EmbeddedEngineOptions } from './embedded/options.ts';
import type { TemporalEngineConfig } from './temporal/config.ts';

/** Workflows in this process, on one SQLite file (`path`) or in memory (`memory: true`). */
export interface EmbeddedConfig extends EmbeddedEngineOptions {
  /** Tells which engine is meant. */
  readonly type: 'embedded';
}

/** Workflows on a Temporal cluster. What is not given comes from Temporal's own environment variables. */
export interface TemporalConfig extends TemporalEngineConfig {
  /** Tells which engine is meant. */
  readonly type: 'temporal';
}

/** Which engine, and how it is reached: data, so that a program can take it from wherever it keeps its settings. */
export type EngineConfig = EmbeddedConfig | TemporalConfig;

/** Names of the engines that a configuration may ask for. */
export const ENGINE_TYPES: readonly EngineConfig['type'][] = ['embedded', 'temporal'];

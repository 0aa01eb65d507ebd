/**
 * Opens an engine by a configuration or by the environment. Nothing of an engine is loaded before it is asked for.
 *
 * @module
 */
export {
  type BullmqConfig,
  type EmbeddedConfig,
  ENGINE_TYPES,
  type EngineConfig,
  type TemporalConfig,
} from './config.ts';
export { engineFromEnv } from './from-env.ts';
export { isEngine, openEngine } from './open.ts';

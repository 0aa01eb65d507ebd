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
  type RoutedConfig,
  type TemporalConfig,
} from './config.ts';
// With a star, so that `declare module` reaches the interface that it adds to.
export * from './custom.ts';
export type { QueueSettings } from './bullmq/options.ts';
export { engineFromEnv } from './from-env.ts';
export { createRoutedEngine, openEngine } from './open.ts';
export { isEngine, registerEngine } from './registry.ts';
export type {
  RoutedEngine,
  RoutedEngineHealth,
  RoutedEngineInfo,
  RoutedEngineOptions,
  RoutedStart,
  RoutingRule,
} from './routed/index.ts';

/**
 * Several engines as one.
 *
 * @module
 */
export { openRoutedEngine, type RoutedEngine } from './engine.ts';
export type { RoutedEngineOptions, RoutedStart, RoutingRule } from './options.ts';
export type { RoutedEngineHealth, RoutedEngineInfo } from './status.ts';

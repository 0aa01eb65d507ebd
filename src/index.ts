/**
 * The front door: what every program needs, whatever engine it runs on. Engines are behind `perdure/embedded` and `perdure/temporal`.
 *
 * @module
 */
export type { Engine, EngineHealth, EngineInfo, PerdureWorker } from './engine/index.ts';
export { ConfigurationError, EngineUnavailableError } from './engine/index.ts';

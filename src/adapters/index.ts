/**
 * Runs and engines in one set of calls, whatever the engine: switched by configuration.
 *
 * @module
 */
export {
  type AgentExecutionResult,
  createExecutionEngine,
  type ExecutionEngine,
  type ListRunsOptions,
  type RunQuery,
  type RunSignal,
} from './execution-engine.ts';
export { EngineRefusedError, type ExecutionFailure, type FailureCode, type Result } from './failures.ts';
export { bullmq, embedded, type EngineNamespace, temporal } from './namespaces.ts';
export type { RunAgentInput, RunIdentifier } from './requests.ts';
export type {
  AdapterOptions,
  AdapterSource,
  ConfiguredEngine,
  ConnectedSource,
  EngineChoice,
  EngineSettings,
  OptionalConfig,
  RequiredConfig,
} from './source.ts';
export { type FailedStart, StartsFailedError } from './start-all.ts';
export {
  createWorkflowEngineAdapter,
  type StreamOptions,
  type WorkflowEngineAdapter,
} from './workflow-engine-adapter.ts';

/**
 * The front door: what every program needs, whatever engine it runs on. Engines are behind `perdure/engines`.
 *
 * @module
 */
export type { Engine, EngineHealth, EngineInfo, PerdureWorker } from './engine/index.ts';
export { ConfigurationError, EngineUnavailableError } from './engine/index.ts';
export {
  defineAgent,
  type AgentInput,
  type AgentOptions,
  type AgentOutput,
  type AskOptions,
} from './agent/define-agent.ts';
export { defineTool, type ToolOptions, type ToolSettings } from './agent/define-tool.ts';
export { DefinitionError, type DefinitionErrorOptions } from './agent/errors.ts';
export type { RetryOptions } from './agent/checks.ts';
export type {
  DepsOf,
  DepsOption,
  InputOf,
  Needed,
  Needs,
  OptionalDeps,
  OutputOf,
  RequiredDeps,
  CarriedTypes,
} from './agent/inference.ts';
export type { LimitOptions } from './agent/limits.ts';
export { ToolError, type ToolErrorOptions } from './agent/tool-error.ts';
export type {
  Agent,
  AnyAgent,
  AnyTool,
  ApprovalAnswer,
  ApprovalContext,
  AskSettings,
  CompensationContext,
  InstructionContext,
  ModelSettings,
  OpenToolSource,
  Time,
  Tool,
  AsyncToolContext,
  ToolContext,
  ToolSource,
  TypesOf,
} from './agent/types.ts';
export type { ToolContent, ToolFile } from './agent/encode-result.ts';
export { connect, type ConnectOptions } from './client/connect.ts';
export {
  AnswerRefusedError,
  type AnswerRefusal,
  NoWorkerError,
  PauseNotSupportedError,
  QueryFailedError,
  QueryUnknownError,
  RunCancelledError,
  RunEndedError,
  RunExistsError,
  RunFailedError,
  RunNotFoundError,
  RunPausedError,
  RunTerminatedError,
  RunTimedOutError,
} from './client/errors.ts';
export type {
  AgentRunReference,
  CallReference,
  EventBase,
  EventBody,
  EventCall,
  EventError,
  EventFailure,
  EventRefusal,
  EventWait,
  RunEvent,
  RunEvents,
  StepReference,
  TokenEvent,
} from './client/events/event.ts';
export { compareEventIds } from './client/events/ids.ts';
export type { EventsOptions } from './client/events/stream.ts';
export { compareStepIds } from './client/inspect/step-ids.ts';
export type { RunPage, RunsOptions } from './client/inspect/list-runs.ts';
export type {
  HistoryOptions,
  HistoryPage,
  MetricsOptions,
  ModelPrice,
  Prices,
  RunCost,
  RunMetrics,
  RunTree,
  Step,
  StepKind,
  StepStatus,
  TreeOptions,
} from './client/inspect/types.ts';
export {
  migrateRun,
  type MigrateOptions,
  type Migration,
  type MigrationWay,
  type Obstacle,
} from './client/migrate/index.ts';
export type { PendingOptions, PendingWait, Perdure } from './client/perdure.ts';
export type { AnswerOptions, WaitChoice } from './client/answers.ts';
export type { Outcome } from './client/result.ts';
export type { CancelOptions, DecisionOptions, PauseOptions, Run, ToolResult } from './client/run.ts';
export { type AgentStart, agentStart, type StartOptions } from './client/start.ts';
export type { RunInfo, RunStatus } from './client/status.ts';
export type { Token, TokenChannel } from './agent/token-channel.ts';
export type {
  AssistantMessage,
  CancelRequest,
  FilePart,
  Json,
  JsonObject,
  JsonSchema,
  Limits,
  Message,
  OnLimit,
  ReasoningPart,
  RetrySettings,
  Spent,
  TextPart,
  ToolCallPart,
  ToolMessage,
  ToolOutput,
  ToolResultPart,
  Usage,
  UserContent,
  UserMessage,
  Wait,
  WaitKind,
  WaitOutcome,
} from './workflow/protocol/index.ts';

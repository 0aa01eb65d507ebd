/**
 * The front door: what every program needs, whatever engine it runs on. Engines are behind `perdure/embedded` and `perdure/temporal`.
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
  Types,
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
  ToolContext,
  ToolSource,
  TypesOf,
} from './agent/types.ts';
export { connect, type ConnectOptions } from './client/connect.ts';
export type { Perdure } from './client/perdure.ts';
export type { Run } from './client/run.ts';
export type { RunEvent, TokenEvent } from './client/events/event.ts';
export { AnswerRefusedError, RunNotFoundError } from './client/errors.ts';
export type { Token, TokenChannel } from './agent/token-channel.ts';
export type { Wait } from './workflow/protocol/index.ts';
export type { ToolContent, ToolFile } from './agent/encode-result.ts';
export type {
  FilePart,
  Json,
  JsonObject,
  JsonSchema,
  Limits,
  OnLimit,
  RetrySettings,
  TextPart,
  UserContent,
} from './workflow/protocol/index.ts';

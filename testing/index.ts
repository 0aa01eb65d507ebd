/**
 * Tests of workflows and agents, without a server and without waiting.
 *
 * @module
 */
export type { Implementation } from './agents/activities.ts';
export type { AgentTest, AgentTestOptions } from './agents/agent-test.ts';
export { createAgentTest } from './agents/create-agent-test.ts';
export type { Replacements } from './agents/replace.ts';
export type { EventOf, RunExtras, TestRun, TypedEvent, UntilOptions } from './agents/test-run.ts';
export type { CrashPoint } from './crew/point.ts';
export {
  createTestEnvironment,
  type TestEnvironment,
  type TestEnvironmentOptions,
  type WorkflowEnvironment,
} from './environment.ts';
export { type FakeBehaviour, fakeTool, type FakeTool, type FakeToolCall, inOrder, type InOrder } from './fake-tool.ts';
export type { CallOrigin, ModelCall, ToolResult } from './model/call.ts';
export { type PassTime, scriptedModel, type ScriptedModel, type ScriptedModelOptions } from './model/scripted-model.ts';
export type { FailureTurn, MessageTurn, ScriptedTurn, ScriptedUsage, Turn, TurnOptions } from './model/turn.ts';
export {
  answer,
  askUser,
  callAgent,
  callTool,
  callTools,
  delay,
  fail,
  type ProviderFailure,
  say,
} from './model/turns.ts';
export {
  type CodeDifference,
  type DefinitionDifference,
  type RecordedHistory,
  type RecordedRun,
  recordedRuns,
  replayRuns,
  type ReplayedRun,
  type ReplayOptions,
  type ReplayReport,
} from '../src/replay/index.ts';
export { VirtualClock, type VirtualClockOptions } from '../src/runtime/virtual-clock.ts';

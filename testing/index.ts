/**
 * Tests of workflows and agents, without a server and without waiting.
 *
 * @module
 */
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
export { VirtualClock, type VirtualClockOptions } from '../src/runtime/virtual-clock.ts';

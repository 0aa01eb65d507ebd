/**
 * Pieces for workflows of your own: run agents, call tools, ask people, wait, undo. All of them may be mixed with whatever Temporal offers.
 *
 * @module
 */
export { perdureAgent } from './agent/perdure-agent.ts';
export { callTool, type CallToolOptions } from './pieces/call-tool.ts';
export { runAgent, startAgent, type AgentHandle, type AgentOutcome, type RunAgentOptions } from './pieces/run-agent.ts';
export { saga, type Saga } from './pieces/saga.ts';
export type { Time } from './pieces/time.ts';
export type { InputOf, Named, OutputOf } from './pieces/typed.ts';
export { askUser, waitFor, type AskUserOptions, type WaitForOptions } from './pieces/wait-for.ts';

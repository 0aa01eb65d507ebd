import type { AgentRecord } from '../../workflow/protocol/index.ts';
import type { AnyAgent, AnyTool } from '../types.ts';

/** An agent as this worker has it. */
export interface FoundAgent {
  readonly agent: AnyAgent;
  /** Its tools by name, those of tool sources included, with their hashes. */
  readonly tools: ReadonlyMap<string, FoundTool>;
}

/** A tool as this worker has it. */
export interface FoundTool {
  readonly tool: AnyTool;
  /** As a `ToolRecord` made now would have it. */
  readonly hash: string;
}

/** Where model calls look up what a recorded definition refers to. */
export interface AgentFinder {
  /** @returns `undefined` when this worker has no such agent. */
  find(agent: string): FoundAgent | undefined;
}

/** What `agent.callModel` reads of a recorded definition: all but its limits. */
export type TurnDefinition = Omit<AgentRecord, 'limits' | 'onLimit'>;

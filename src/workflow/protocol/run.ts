import type { AgentRecord, Limits } from './definition.ts';
import type { CarriedConversation } from './conversation.ts';
import type { Json, JsonObject } from './json.ts';
import type { UserContent } from './messages.ts';
import type { Undoable } from './undo.ts';
import type { Spent } from './usage.ts';
import type { CarriedState } from './carried.ts';
import type { TraceContext } from './trace.ts';

/** Where a run stands in its tree. */
export interface Lineage {
  readonly rootWorkflowId: string;
  /** The first run of the root's chain. */
  readonly rootRunId?: string;
  readonly parentWorkflowId: string;
  /** The call of the parent that this run answers. */
  readonly toolCallId: string;
  /** Prefix of the ids of waits: empty at the root. */
  readonly path: string;
}

/** The argument of the workflow `perdureAgent`. */
export interface AgentRunInput {
  readonly agent: string;
  /** What the user says; with a schema of its own, the agent's typed input. */
  readonly input: UserContent | JsonObject;
  /** The author's own, kept with the run and given to tools. */
  readonly metadata?: JsonObject;
  /** Below the agent's own limits; what the caller of a sub-agent has left. */
  readonly limits?: Partial<Limits>;
  /** Set for a sub-agent. */
  readonly lineage?: Lineage;
  /** Where in a trace it belongs. Read before anything else of the run; a header of the same meaning comes first. */
  readonly trace?: TraceContext;
  /** Set when this run continues another one. */
  readonly carried?: {
    readonly definition: AgentRecord;
    readonly conversation: CarriedConversation;
    readonly state: CarriedState;
  };
}

/** What a run of an agent comes to. */
export interface AgentResult {
  /** Text, or what the agent's output schema says. */
  readonly output: Json;
  /** `limit`: a limit ended it (`onLimit: 'stop'`), and `output` is what there was. */
  readonly finish: 'complete' | 'limit';
  /** Its sub-agents included. */
  readonly spent: Spent;
  /** Of a sub-agent: the calls that its caller has to undo when it fails itself, in the order in which they were completed. */
  readonly undo?: readonly Undoable[];
}

/** The answer to the query `perdure.carried`. */
export type CarriedNow =
  | { readonly type: 'parked'; readonly input: AgentRunInput }
  /** The run cannot be left where it is. */
  | { readonly type: 'busy'; readonly reason: string };

/** Where a run was moved from. */
export interface MovedFrom {
  /** The engine's name. */
  readonly engine: string;
  readonly runId: string;
  /** The first run of the chain there: what completion tokens and handles may name. */
  readonly firstRunId: string;
  /** Id of the event there of the signal that came with the start here. */
  readonly signal?: string;
}

import type { AgentRecord, ToolRecord } from './definition.ts';
import type { ConversationItem } from './conversation.ts';
import type { Json, JsonObject } from './json.ts';
import type { AssistantMessage, ToolOutput, UserContent } from './messages.ts';
import type { TraceContext } from './trace.ts';
import type { Spent, Usage } from './usage.ts';

/** What a model wants next, in the seed's words; one for each of its calls, or one for the whole message. */
export type Decision =
  | { readonly type: 'call_agent'; readonly toolCallId: string; readonly agent: string }
  | {
      readonly type: 'execute_tool';
      readonly toolCallId: string;
      readonly tool: string;
      readonly approval?: { readonly message: string };
    }
  | { readonly type: 'request_user_input'; readonly toolCallId: string; readonly message: string }
  | { readonly type: 'complete'; readonly output: Json }
  /** A call that can't be made: unknown, malformed, against its schema. The model is told. */
  | { readonly type: 'refuse_call'; readonly toolCallId: string; readonly toolName: string; readonly error: string }
  /** A message that can't be used: empty, or no valid output. The model is told. */
  | { readonly type: 'refuse_message'; readonly error: string };

/** The argument of `agent.resolve`. */
export interface ResolveInput {
  readonly agent: string;
  readonly input: UserContent | JsonObject;
  readonly metadata?: JsonObject;
}

/** What `agent.resolve` returns: the definition, and what the conversation begins with. */
export interface Resolved {
  readonly definition: AgentRecord;
  readonly opening: UserContent;
  /** Where all that the run does belongs in a trace. Set by workers that take part in traces. */
  readonly trace?: TraceContext;
}

/** The argument of `agent.callModel`: never the conversation, only what is new. */
export interface CallModelInput {
  /** From 1; unique in the chain of runs. */
  readonly step: number;
  readonly agent: string;
  readonly definitionHash: string;
  readonly delta: readonly ConversationItem[];
  /** Most tokens that the answer may have, when a limit says so. */
  readonly maxOutputTokens?: number;
  /** Whether the model has to answer without calling anything. */
  readonly mustAnswer?: boolean;
  readonly metadata?: JsonObject;
}

/** What `agent.callModel` returns. */
export interface ModelTurn {
  readonly message: AssistantMessage;
  readonly decisions: readonly Decision[];
  readonly usage: Usage;
  readonly finishReason: string;
  /** As the provider names it. */
  readonly model: string;
}

/** Who calls a tool. */
export interface ToolCaller {
  readonly agent: string;
  readonly rootWorkflowId: string;
  /** The first run of the root's chain: binds completion tokens to it, should its workflow id be used again. */
  readonly rootRunId?: string;
  readonly metadata?: JsonObject;
}

/** The argument of `agent.executeTool` and, with what it returned, of `agent.compensateTool`. */
export interface ExecuteToolInput {
  readonly tool: string;
  /** As recorded when the run started; another one is refused. */
  readonly toolHash: string;
  readonly toolCallId: string;
  readonly input: Json;
  /** The same for every attempt and replay of this call, and for no other call. */
  readonly idempotencyKey: string;
  /** Of the wait for the result: with `completion: 'async'`. */
  readonly waitId?: string;
  readonly caller: ToolCaller;
}

/** What `agent.executeTool` returns. A failure that is worth another attempt is thrown instead. */
export type ToolOutcome =
  | { readonly type: 'completed'; readonly output: ToolOutput }
  /** The result arrives later. */
  | { readonly type: 'pending' };

/** The activities behind the loop: what the workflow asks of the worker. Their names are those in history. */
export interface AgentActivities {
  /** @throws ApplicationFailure `AgentUnknown`, `InvalidInput`: final. */
  'agent.resolve': (input: ResolveInput) => Promise<Resolved>;
  /** @throws ApplicationFailure `ToolUnknown`: final. For authors' own workflows. */
  'agent.resolveTool': (tool: string) => Promise<ToolRecord>;
  /** @throws ApplicationFailure `ModelFailed`: final, or tried again after the provider's delay. */
  'agent.callModel': (input: CallModelInput) => Promise<ModelTurn>;
  /** @throws ApplicationFailure `ToolUnknown`, `ToolChanged`, `InvalidArguments`, `ResultTooLarge`, `ToolFailed`. */
  'agent.executeTool': (input: ExecuteToolInput) => Promise<ToolOutcome>;
  /** Whether a person has to decide first; for authors' own workflows (in the loop, `agent.callModel` says so). */
  'agent.needsApproval': (input: ExecuteToolInput) => Promise<{ readonly message: string } | null>;
  'agent.compensateTool': (input: ExecuteToolInput) => Promise<void>;
  /** How a child run has ended that was started by the run before this one; `null` while it runs. */
  'agent.checkChild': (workflowId: string) => Promise<ChildEnd | null>;
}

/** How a sub-agent's run ended. */
export type ChildEnd =
  | { readonly type: 'completed'; readonly result: Json }
  | { readonly type: 'failed'; readonly message: string; /** When it is known. */ readonly spent?: Spent };

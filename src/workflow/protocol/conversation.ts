import type { Message } from './messages.ts';

/** What a result that stands in history already is called, and where it stands. */
interface InHistory {
  readonly toolCallId: string;
  readonly toolName: string;
  /** The run of the chain in whose history it stands. Without one: the run that the model call belongs to. */
  readonly runId?: string;
}

/**
 * What enters a conversation between two model calls. What an activity or a child returned stands in history already and is referred to; the
 * rest is small and is carried along.
 */
export type ConversationItem =
  | { readonly type: 'message'; readonly message: Message }
  /** The output of a tool activity (`ToolOutcome`). */
  | (InHistory & { readonly type: 'tool'; readonly activityId: string })
  /** The output of a child run (`AgentResult`), as `agentOutput` makes it. */
  | (InHistory & { readonly type: 'agent'; readonly workflowId: string });

/** The conversation of the run before, for the one that continues it. */
export type CarriedConversation =
  | { readonly type: 'messages'; readonly messages: readonly Message[] }
  /** Too large to carry: it stands in the history of that run. */
  | { readonly type: 'run'; readonly workflowId: string; readonly runId: string };

import type { Message } from './messages.ts';

/**
 * What enters a conversation between two model calls. What an activity or a child returned stands in history already and is referred to; the
 * rest is small and is carried along.
 */
export type ConversationItem =
  | { readonly type: 'message'; readonly message: Message }
  /** The output of a tool activity (`ToolOutcome`) of this run. */
  | { readonly type: 'tool'; readonly activityId: string; readonly toolCallId: string; readonly toolName: string }
  /** The output of a child run (`AgentResult`). */
  | { readonly type: 'agent'; readonly workflowId: string; readonly toolCallId: string; readonly toolName: string };

/** The conversation of the run before, for the one that continues it. */
export type CarriedConversation =
  | { readonly type: 'messages'; readonly messages: readonly Message[] }
  /** Too large to carry: it stands in the history of that run. */
  | { readonly type: 'run'; readonly workflowId: string; readonly runId: string };

/** Conversations, read from the histories that they stand in. */
export { ConversationCache, type ConversationCacheOptions } from './cache.ts';
export { ConversationLostError } from './errors.ts';
export { readConversation, type Conversation, type ReadConversationOptions } from './read-conversation.ts';
export type { Execution } from './read-history.ts';

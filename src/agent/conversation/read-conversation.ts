import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { AgentRecord, CarriedConversation, Message } from '../../workflow/protocol/index.ts';
import { ConversationCache } from './cache.ts';
import { ConversationLostError } from './errors.ts';
import type { Fact } from './facts.ts';
import { PayloadReader } from './payloads.ts';
import { readFacts } from './read-facts.ts';
import { readEventsAfter, type Execution } from './read-history.ts';
import type { CallResults, ConversationBase, ConversationState, EarlierRuns } from './state.ts';

/** What of a conversation is wanted, and where it may be kept. */
export interface ReadConversationOptions {
  /** Only what the model call of this step is given: all before it, and what is new to it. Default: everything. */
  readonly upTo?: number;
  /** Default: one for the process. */
  readonly cache?: ConversationCache;
}

/** The conversation of a run. */
export interface Conversation {
  /** As recorded when the run started; `undefined` before that. */
  readonly definition: AgentRecord | undefined;
  readonly messages: readonly Message[];
}

const processCache = new ConversationCache();

/**
 * The conversation of a run of an agent, from its history, which is where it is stored. What was read before is not read again.
 * @throws ConversationLostError when the history of an earlier run of the chain is gone that the conversation stands in.
 */
export async function readConversation(
  client: Client,
  execution: Execution,
  { upTo, cache = processCache }: ReadConversationOptions = {},
): Promise<Conversation> {
  const state = await readState(client, execution, cache);
  return { definition: state.definition, messages: state.messages(upTo) };
}

async function readState(client: Client, execution: Execution, cache: ConversationCache): Promise<ConversationState> {
  const state = cache.take(execution.runId);
  const events = await readEventsAfter(client, execution, state.lastEventId);
  const { loadedDataConverter, namespace } = client.options;
  const facts = await readFacts(events, {
    workflowId: execution.workflowId,
    payloads: new PayloadReader(loadedDataConverter, namespace),
    scheduled: new Map(state.scheduled),
  });
  const earlier = await readEarlier(client, execution, facts, cache);
  // From here on nothing is awaited: another reader of the same run may have added the same events meanwhile.
  state.add(facts, earlier);
  cache.keep(execution.runId, state);
  return state;
}

async function readEarlier(
  client: Client,
  { workflowId, runId }: Execution,
  facts: readonly Fact[],
  cache: ConversationCache,
): Promise<EarlierRuns> {
  const results = new Map<string, CallResults>();
  let base: ConversationBase | undefined;
  for (const fact of facts) {
    if (fact.type === 'started') base = await readCarried(client, fact.carried.conversation, cache);
    if (fact.type !== 'scheduled') continue;
    for (const item of fact.call?.delta ?? []) {
      if (item.type === 'message' || item.runId === undefined || item.runId === runId || results.has(item.runId))
        continue;
      const state = await readEarlierRun(client, { workflowId, runId: item.runId }, cache);
      results.set(item.runId, state.results);
    }
  }
  return { base, results };
}

async function readCarried(
  client: Client,
  carried: CarriedConversation,
  cache: ConversationCache,
): Promise<ConversationBase> {
  // The size of messages that are carried along is that of the run's input.
  if (carried.type === 'messages') return { messages: carried.messages, bytes: 0 };
  const state = await readEarlierRun(client, carried, cache);
  return { messages: state.messages(), bytes: state.bytes };
}

async function readEarlierRun(
  client: Client,
  { workflowId, runId }: Execution,
  cache: ConversationCache,
): Promise<ConversationState> {
  try {
    return await readState(client, { workflowId, runId }, cache);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new ConversationLostError(
      `The conversation began in run ${runId} of ${workflowId}, whose history is gone. Keep histories (the namespace's retention) as long as runs may last.`,
      { cause: error },
    );
  }
}

function isNotFound(error: unknown): boolean {
  return isGrpcServiceError(error) && error.code === status.NOT_FOUND;
}

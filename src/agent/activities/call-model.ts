import { ApplicationFailure, Context } from '@temporalio/activity';
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import {
  FAILURE,
  type AgentActivities,
  type AgentRecord,
  type CallModelInput,
  type ModelTurn,
} from '../../workflow/protocol/index.ts';
import { ConversationCache } from '../conversation/cache.ts';
import { ConversationLostError } from '../conversation/errors.ts';
import { readConversation, type Conversation } from '../conversation/read-conversation.ts';
import { finalFailure } from '../failures.ts';
import { classifyModelError } from '../models/classify-error.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { modelId } from '../records.ts';
import type { AnyAgent } from '../types.ts';
import { listen, type Listener } from '../turn/listen.ts';
import { makeTurn } from '../turn/make-turn.ts';
import { offeredTools, responseFormat } from '../turn/offered-tools.ts';
import { toPrompt } from '../turn/prompt.ts';
import type { DecideContext } from '../turn/decide.ts';
import { deadlineOf } from './call-model-deadline.ts';
import { cancellable, withHeartbeat } from './heartbeat.ts';
import type { AgentActivityOptions } from './options.ts';

/** What model calls need of the activities' options. */
export type CallModelOptions = Pick<AgentActivityOptions, 'registry' | 'deps' | 'models' | 'telemetry' | 'tokens'>;

/**
 * Makes the activity `agent.callModel`: it reads the conversation from the run's history, calls the model, streams what it says to the token
 * channel, and decides what each of its calls means.
 */
export function createCallModel(options: CallModelOptions): AgentActivities['agent.callModel'] {
  const cache = new ConversationCache();
  return (input) =>
    cancellable(() =>
      withHeartbeat(async () => {
        const context = Context.current();
        using deadline = deadlineOf(context);
        try {
          return await callModel(input, options, context, deadline.signal, cache);
        } catch (error) {
          throw ConversationLostError.is(error) ? finalFailure(FAILURE.conversationLost, error.message) : error;
        }
      }),
    );
}

async function callModel(
  input: CallModelInput,
  options: CallModelOptions,
  { client, info }: Context,
  signal: AbortSignal,
  cache: ConversationCache,
): Promise<ModelTurn> {
  const { workflowExecution } = info;
  if (!workflowExecution)
    throw ApplicationFailure.nonRetryable('Model calls belong to a workflow.', FAILURE.modelFailed);
  const agent = requireAgent(input.agent, options);
  const conversation = await readConversation(client, workflowExecution, { upTo: input.step, cache });
  const definition = requireDefinition(conversation, input);
  const model = await modelOf(definition, agent, options);
  const { workflowId, runId } = workflowExecution;
  const heard: Listener = (type, offset, text) =>
    options.tokens?.publish({
      workflowId,
      agent: agent.name,
      step: input.step,
      attempt: info.attempt,
      offset,
      type,
      text,
    });
  const call = callOptions(conversation, definition, agent, input);
  options.telemetry?.modelCalled({ provider: model.provider, model: model.modelId, options: call });
  const draft = await listen(model, { ...call, abortSignal: signal }, heard);
  return makeTurn(draft, input.step, modelId({ ...agent, model }), {
    definition,
    agent,
    registry: options.registry,
    mustAnswer: input.mustAnswer ?? false,
    approval: {
      deps: options.deps,
      signal,
      agent: agent.name,
      workflowId,
      runId,
      metadata: input.metadata ?? {},
    },
  } satisfies DecideContext);
}

/** Another worker may have it: during a deployment they differ. */
function requireAgent(name: string, { registry }: CallModelOptions): AnyAgent {
  const agent = registry.agent(name);
  if (agent) return agent;
  throw ApplicationFailure.retryable(`This worker has no agent ${JSON.stringify(name)}.`, FAILURE.agentUnknown);
}

function requireDefinition({ definition }: Conversation, { agent, definitionHash }: CallModelInput): AgentRecord {
  if (definition?.hash === definitionHash) return definition;
  throw finalFailure(FAILURE.conversationLost, `History has no definition ${definitionHash} of the agent ${agent}.`);
}

/** The recorded model is kept for the run, also when the agent has another one by now. */
async function modelOf(
  definition: AgentRecord,
  agent: AnyAgent,
  { models = resolveModel }: CallModelOptions,
): Promise<LanguageModelV4> {
  if (typeof agent.model !== 'string' && modelId(agent) === definition.model) return agent.model;
  try {
    return await models(definition.model);
  } catch (error) {
    throw classifyModelError(error);
  }
}

function callOptions(
  { messages }: Conversation,
  definition: AgentRecord,
  { settings }: AnyAgent,
  { mustAnswer, maxOutputTokens }: CallModelInput,
): LanguageModelV4CallOptions {
  const tools = offeredTools(definition);
  const format = responseFormat(definition);
  const { providerOptions, stopSequences, maxOutputTokens: ownMaximum, ...others } = settings;
  const maximum = Math.min(maxOutputTokens ?? Number.POSITIVE_INFINITY, ownMaximum ?? Number.POSITIVE_INFINITY);
  return {
    ...others,
    prompt: toPrompt(definition.instructions, messages),
    ...(Number.isFinite(maximum) ? { maxOutputTokens: maximum } : {}),
    ...(stopSequences ? { stopSequences: [...stopSequences] } : {}),
    ...(providerOptions ? { providerOptions } : {}),
    // With calls in the conversation providers want to see the tools, also when there are to be no more.
    ...(tools.length > 0 ? { tools, toolChoice: { type: mustAnswer ? 'none' : 'auto' } } : {}),
    ...(format ? { responseFormat: format } : {}),
  };
}

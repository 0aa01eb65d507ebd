import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createCallModel, type CallModelOptions } from '../../../src/agent/activities/call-model.ts';
import { AgentRegistry } from '../../../src/agent/registry.ts';
import type { AnyAgent } from '../../../src/agent/types.ts';
import type {
  CallModelInput,
  ConversationItem,
  ModelTurn,
  ToolOutput,
  UserContent,
} from '../../../src/workflow/protocol/index.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export const workflowId = 'order-desk';
export const runId = '00000000-0000-4000-8000-000000000001';

/** Events of a run, as a server has them. */
export class FakeHistory {
  readonly events: HistoryEvent[] = [];

  add(attributes: Omit<HistoryEvent, 'eventId'>): number {
    const eventId = this.events.length + 1;
    this.events.push({ ...attributes, eventId: eventId as unknown as Long });
    return eventId;
  }

  started(input: unknown): this {
    this.add({
      workflowExecutionStartedEventAttributes: {
        workflowType: { name: 'perdureAgent' },
        input: payloads(input),
      },
    });
    return this;
  }

  /** An activity, with its result when there is one. */
  activity(type: string, activityId: string, input: unknown, result?: unknown): this {
    const scheduledEventId = this.add({
      activityTaskScheduledEventAttributes: { activityId, activityType: { name: type }, input: payloads(input) },
    }) as unknown as Long;
    if (result !== undefined) {
      this.add({ activityTaskCompletedEventAttributes: { scheduledEventId, result: payloads(result) } });
    }
    return this;
  }

  tool(activityId: string, output: ToolOutput): this {
    return this.activity('agent.executeTool', activityId, {}, { type: 'completed', output });
  }
}

type Long = NonNullable<HistoryEvent['eventId']>;

export function payloads(...values: unknown[]): temporal.api.common.v1.IPayloads {
  return { payloads: values.map((value) => defaultPayloadConverter.toPayload(value)) };
}

/** A client of histories by run id. It counts what is asked of it. */
export function fakeClient(
  histories: Record<string, FakeHistory>,
  codecs: PayloadCodec[] = [],
): { client: Client; requests: { runId: string; events: number }[] } {
  const requests: { runId: string; events: number }[] = [];
  const getWorkflowExecutionHistoryReverse = async (request: {
    execution: { runId: string };
    maximumPageSize: number;
    nextPageToken?: Uint8Array;
  }): Promise<unknown> => {
    const history = histories[request.execution.runId];
    if (!history) throw Object.assign(new Error('5 NOT_FOUND'), { code: 5, details: 'no such run', metadata: {} });
    const end = request.nextPageToken ? Number(new TextDecoder().decode(request.nextPageToken)) : history.events.length;
    const from = Math.max(0, end - request.maximumPageSize);
    const events = history.events.slice(from, end).toReversed();
    requests.push({ runId: request.execution.runId, events: events.length });
    return { history: { events }, nextPageToken: new TextEncoder().encode(from > 0 ? String(from) : '') };
  };
  const loadedDataConverter = {
    payloadConverter: defaultPayloadConverter,
    failureConverter: defaultFailureConverter,
    payloadCodecs: codecs,
  };
  const client = {
    workflowService: { getWorkflowExecutionHistoryReverse },
    options: { namespace: 'default', loadedDataConverter },
    withAbortSignal: (_: AbortSignal, fn: () => unknown) => fn(),
  };
  return { client: client as unknown as Client, requests };
}

export const finish: LanguageModelV4StreamPart = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: {
    inputTokens: { total: 10, noCache: 8, cacheRead: 2, cacheWrite: 0 },
    outputTokens: { total: 5, text: 4, reasoning: 1 },
  },
};

export function text(value: string, id = '0'): LanguageModelV4StreamPart[] {
  return [
    { type: 'text-start', id },
    { type: 'text-delta', id, delta: value },
    { type: 'text-end', id },
  ];
}

export function call(
  toolName: string,
  input: unknown,
  toolCallId = 'call_1',
): Extract<LanguageModelV4StreamPart, { type: 'tool-call' }> {
  return { type: 'tool-call', toolCallId, toolName, input: typeof input === 'string' ? input : JSON.stringify(input) };
}

export type Script =
  | readonly unknown[]
  | ((options: LanguageModelV4CallOptions) => ReadableStream<LanguageModelV4StreamPart> | Promise<never>);

/** A model that says what it is told to, one script a call, and keeps what it was asked. */
export function scripted(...scripts: Script[]): LanguageModelV4 & { asked: LanguageModelV4CallOptions[] } {
  const asked: LanguageModelV4CallOptions[] = [];
  return {
    specificationVersion: 'v4',
    provider: 'fake',
    modelId: 'scripted',
    supportedUrls: {},
    asked,
    doGenerate: () => Promise.reject(new Error('not used')),
    doStream: async (options) => {
      const script = scripts[asked.length];
      asked.push(options);
      if (!script) throw new Error('The model was asked more often than expected.');
      if (typeof script === 'function') return { stream: await script(options) };
      const stream: ReadableStream<unknown> = ReadableStream.from(script);
      return { stream: stream as ReadableStream<LanguageModelV4StreamPart> };
    },
  };
}

export interface Setting extends Partial<Omit<CallModelOptions, 'registry'>> {
  readonly agent: AnyAgent;
  /** Agents of the worker, when they are not those that the run began with. */
  readonly worker?: readonly AnyAgent[];
  readonly opening?: UserContent;
  readonly delta?: readonly ConversationItem[];
  readonly input?: Partial<CallModelInput>;
  readonly attempt?: number;
  readonly startToCloseTimeoutMs?: number;
  readonly heartbeatTimeoutMs?: number;
}

/** Calls the model as the first step of a run. */
export async function firstStep(setting: Setting): Promise<ModelTurn> {
  return (await prepareFirstStep(setting)).run();
}

export async function prepareFirstStep(
  setting: Setting,
): Promise<{ environment: MockActivityEnvironment; run: () => Promise<ModelTurn> }> {
  const { agent, opening = 'Where is order 1042?', delta = [], input = {}, worker, ...options } = setting;
  const registry = new AgentRegistry({ agents: [agent] });
  const definition = await registry.record(agent, { input: opening, metadata: {}, now: new Date(0) });
  const callInput: CallModelInput = { step: 1, agent: agent.name, definitionHash: definition.hash, delta, ...input };
  const history = new FakeHistory()
    .started({ agent: agent.name, input: opening })
    .activity('agent.resolve', '1', { agent: agent.name, input: opening }, { definition, opening })
    .activity('agent.callModel', 'model.1', callInput);
  const environment = new MockActivityEnvironment(
    {
      workflowExecution: { workflowId, runId },
      attempt: setting.attempt ?? 1,
      startToCloseTimeoutMs: setting.startToCloseTimeoutMs ?? 60_000,
      ...(setting.heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs: setting.heartbeatTimeoutMs }),
    },
    { client: fakeClient({ [runId]: history }).client, logger: new DefaultLogger('ERROR', () => {}) },
  );
  const callModel = createCallModel({
    ...options,
    registry: worker ? new AgentRegistry({ agents: worker }) : registry,
  });
  return { environment, run: () => environment.run(callModel, callInput) as Promise<ModelTurn> };
}

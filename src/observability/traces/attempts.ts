import { AsyncLocalStorage } from 'node:async_hooks';
import { type Attributes, context, type Span, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import type { Context as ActivityContext } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInterceptors } from '@temporalio/worker';
import type { ModelCall } from '../../agent/telemetry.ts';
import { type ModelTurn, type ToolOutcome, TRACE_HEADER, type TraceContext } from '../../workflow/protocol/index.ts';
import type { Instruments } from '../metrics.ts';
import { argumentsContent, inputContent, outputContent, resultContent } from './content.ts';
import { fromTrace, toTrace } from './context.ts';
import { errorLabel, recordFailure } from './failure.ts';
import { fieldsOf, type Operation, operationOf } from './operation.ts';
import { providerName } from './provider-name.ts';

/** What attempts of activities are told to. */
export interface AttemptParts {
  readonly tracer: Tracer;
  readonly instruments: Instruments;
  /** Whether what is said belongs into spans. */
  readonly content: boolean;
}

/** An attempt that is under way. */
interface Attempt {
  readonly span: Span;
  /** Of metrics. */
  labels: Attributes;
}

type Next = (input: ActivityExecuteInput) => Promise<unknown>;

/** Makes a span of each attempt of an activity, below the span of its run, and measures it. */
export class Attempts {
  readonly #parts: AttemptParts;
  // The application may have no context manager.
  readonly #current = new AsyncLocalStorage<Attempt>();

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Surrounds an attempt, and names in its logs whose it is. */
  intercept({ info }: ActivityContext): ActivityInterceptors {
    const run = info.workflowExecution?.workflowId ?? '';
    let fields = fieldsOf({ kind: 'activity' }, run, info.attempt);
    return {
      inbound: {
        execute: async (input, next) => {
          const operation = operationOf(info.activityType, input.args);
          fields = fieldsOf(operation, run, info.attempt);
          return await this.#observe(operation, info, input, next);
        },
      },
      outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...fields }) },
    };
  }

  /** See `Telemetry`. */
  modelCalled({ provider, model, options }: ModelCall): void {
    const attempt = this.#current.getStore();
    if (attempt === undefined) return;
    attempt.labels = { 'gen_ai.provider.name': providerName(provider), 'gen_ai.request.model': model };
    attempt.span.updateName(`chat ${model}`);
    const { temperature, topP, topK, seed, maxOutputTokens } = options;
    attempt.span.setAttributes({
      ...attempt.labels,
      ...defined({
        'gen_ai.request.temperature': temperature,
        'gen_ai.request.top_p': topP,
        'gen_ai.request.top_k': topK,
        'gen_ai.request.seed': seed,
        'gen_ai.request.max_tokens': maxOutputTokens,
      }),
      ...(this.#parts.content && inputContent(options)),
    });
  }

  async #observe(
    operation: Operation,
    info: ActivityContext['info'],
    input: ActivityExecuteInput,
    next: Next,
  ): Promise<unknown> {
    const parent = fromTrace(readHeader(input));
    const kind = operation.kind === 'chat' ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const attributes = attributesOf(operation, info);
    const span = this.#parts.tracer.startSpan(nameOf(operation, info.activityType), { kind, attributes }, parent);
    const attempt: Attempt = { span, labels: {} };
    const begun = performance.now();
    if (this.#parts.content && operation.kind === 'tool') span.setAttributes(argumentsContent(operation.input));
    let failure: string | undefined;
    try {
      const work = async (): Promise<unknown> => await this.#current.run(attempt, () => next(input));
      const result = await context.with(trace.setSpan(parent, span), work);
      return this.#completed(operation, attempt, result);
    } catch (error) {
      failure = recordFailure(span, error);
      throw error;
    } finally {
      span.end();
      this.#measure(operation, attempt, (performance.now() - begun) / 1000, failure);
    }
  }

  /** @returns the result of the activity. */
  #completed({ kind }: Operation, { span, labels }: Attempt, result: unknown): unknown {
    if (kind === 'invoke') return { ...(result as object), trace: toTrace(span.spanContext()) ?? {} };
    if (kind === 'chat') this.#answered(span, labels, result as ModelTurn);
    if (kind === 'tool') {
      const outcome = result as ToolOutcome;
      if (outcome.type === 'pending') span.setAttribute('perdure.tool.pending', true);
      else if (this.#parts.content) span.setAttributes(resultContent(outcome.output));
    }
    return result;
  }

  #answered(span: Span, labels: Attributes, { usage, finishReason, model, message }: ModelTurn): void {
    const { instruments, content } = this.#parts;
    const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage;
    span.setAttributes({
      'gen_ai.response.model': model,
      'gen_ai.response.finish_reasons': [finishReason],
      'gen_ai.usage.input_tokens': inputTokens,
      'gen_ai.usage.output_tokens': outputTokens,
      ...defined({
        'gen_ai.usage.cache_read.input_tokens': cachedInputTokens,
        'gen_ai.usage.reasoning.output_tokens': reasoningTokens,
      }),
      ...(content && outputContent(message, finishReason)),
    });
    const common = { ...labels, 'gen_ai.operation.name': 'chat' };
    instruments.tokens(inputTokens, { ...common, 'gen_ai.token.type': 'input' });
    instruments.tokens(outputTokens, { ...common, 'gen_ai.token.type': 'output' });
  }

  #measure({ kind, tool, agent }: Operation, { labels }: Attempt, seconds: number, failure: string | undefined): void {
    const error = failure === undefined ? {} : errorLabel(failure);
    const { instruments } = this.#parts;
    if (kind === 'chat') instruments.modelCall(seconds, { 'gen_ai.operation.name': 'chat', ...labels, ...error });
    if (kind === 'tool')
      instruments.toolCall(seconds, defined({ 'gen_ai.tool.name': tool, 'gen_ai.agent.name': agent, ...error }));
  }
}

function readHeader({ headers }: ActivityExecuteInput): TraceContext | undefined {
  const payload = headers[TRACE_HEADER];
  try {
    const carried: unknown = payload && defaultPayloadConverter.fromPayload(payload);
    return typeof carried === 'object' && carried !== null ? carried : undefined;
  } catch {
    // Written by somebody else.
    return undefined;
  }
}

function nameOf({ kind, agent = '', tool = '' }: Operation, activityType: string): string {
  if (kind === 'activity') return `activity ${activityType}`;
  if (kind === 'compensate') return `compensate_tool ${tool}`;
  if (kind === 'tool') return `execute_tool ${tool}`;
  // The model is known when it is called.
  return kind === 'invoke' ? `invoke_agent ${agent}` : 'chat';
}

const OPERATIONS = {
  invoke: 'invoke_agent',
  chat: 'chat',
  tool: 'execute_tool',
  compensate: undefined,
  activity: undefined,
};

function attributesOf(operation: Operation, info: ActivityContext['info']): Attributes {
  const { kind, agent, step, tool, toolCallId } = operation;
  return defined({
    'gen_ai.operation.name': OPERATIONS[kind],
    'gen_ai.conversation.id': info.workflowExecution?.workflowId,
    'gen_ai.agent.name': agent,
    'gen_ai.tool.name': tool,
    'gen_ai.tool.call.id': toolCallId,
    'gen_ai.tool.type': kind === 'tool' ? 'function' : undefined,
    'perdure.step': step,
    'perdure.attempt': info.attempt,
    'perdure.execution.id': info.workflowExecution?.runId,
  });
}

function defined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

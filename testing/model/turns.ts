import { APICallError, type LanguageModelV4ToolCall } from '@ai-sdk/provider';
import type { Duration } from '@temporalio/common';
import type { Agent, AnyAgent, AnyTool, Tool } from '../../src/agent/types.ts';
import { msToNumber } from '../../src/official.ts';
import type { FailureTurn, MessageTurn, Turn, TurnOptions } from './turn.ts';

const REQUEST_USER_INPUT = 'request_user_input';

/** A provider's answer that is an error. */
export interface ProviderFailure {
  /** Of HTTP: 429, 408 and those from 500 on are tried again. */
  readonly status: number;
  /** Default: what the status means. */
  readonly message?: string;
  /** Sent as the header `retry-after`: seconds, or text such as `'30 s'`. */
  readonly retryAfter?: number | Duration;
}

/**
 * The model says something, and calls nothing.
 * @param text what it says. A list is streamed in exactly these pieces; text is streamed word by word.
 */
export function say(text: string | readonly string[], options: TurnOptions = {}): MessageTurn {
  const whole = typeof text === 'string' ? text : text.join('');
  const turn = message(whole === '' ? [] : [{ type: 'text', text: whole }], options);
  return typeof text === 'string' ? turn : { ...turn, pieces: text };
}

/** The model's final answer, with an output schema: `value` as JSON. */
export function answer(value: unknown, options: TurnOptions = {}): MessageTurn {
  return say([JSON.stringify(value)], options);
}

/**
 * The model calls a tool.
 * @param tool the tool, so that the arguments are checked by type; or its name.
 * @param input the arguments. Text is sent as it is, so that it may be malformed.
 */
export function callTool<Input>(tool: Tool<Input>, input: NoInfer<Input> | string, options?: TurnOptions): MessageTurn;
export function callTool(tool: string, input?: unknown, options?: TurnOptions): MessageTurn;
export function callTool(tool: string | AnyTool, input: unknown = {}, options: TurnOptions = {}): MessageTurn {
  return call(typeof tool === 'string' ? tool : tool.name, input, options);
}

/**
 * The model calls another agent.
 * @param agent the agent, so that its input is checked by type; or its name.
 * @param input what the agent's input schema says; for an agent without one, the text for it.
 */
export function callAgent<Input>(agent: Agent<Input>, input: NoInfer<Input>, options?: TurnOptions): MessageTurn;
export function callAgent(agent: string, input: unknown, options?: TurnOptions): MessageTurn;
export function callAgent(agent: string | AnyAgent, input: unknown, options: TurnOptions = {}): MessageTurn {
  const value = typeof input === 'string' ? { message: input } : input;
  return call(typeof agent === 'string' ? agent : agent.name, value, options);
}

/** The model asks the user. */
export function askUser(text: string, options: TurnOptions = {}): MessageTurn {
  return call(REQUEST_USER_INPUT, { message: text }, options);
}

/**
 * Several turns as one message of the model: what they say and call, in their order.
 * @example callTools([say('One moment.'), callTool('lookup_order', { orderId: '1' }), callTool('lookup_order', { orderId: '2' })])
 */
export function callTools(turns: readonly MessageTurn[], options: TurnOptions = {}): MessageTurn {
  return message(
    turns.flatMap((turn) => turn.content),
    options,
  );
}

/**
 * The call fails.
 * @param reason an error as it is, or what a provider answers.
 * @param options `after`: what the model has said already when it fails.
 */
export function fail(reason: Error | ProviderFailure, options: { readonly after?: string } = {}): FailureTurn {
  const error = reason instanceof Error ? reason : providerError(reason);
  return { type: 'failure', error, after: options.after ?? '', delay: 0 };
}

/** A turn that takes some time: of the test environment, or without one, of the clock on the wall. */
export function delay<T extends Turn>(time: Duration, turn: T): T {
  return { ...turn, delay: turn.delay + msToNumber(time) };
}

function call(toolName: string, input: unknown, options: TurnOptions): MessageTurn {
  // The script makes them unique when it plays them.
  const toolCall: LanguageModelV4ToolCall = {
    type: 'tool-call',
    toolCallId: '',
    toolName,
    input: typeof input === 'string' ? input : JSON.stringify(input),
  };
  return message([toolCall], options);
}

function message(content: MessageTurn['content'], options: TurnOptions): MessageTurn {
  const { reasoning, usage = {} } = options;
  const calls = content.some((part) => part.type === 'tool-call');
  return {
    type: 'message',
    content: reasoning === undefined ? content : [{ type: 'reasoning', text: reasoning }, ...content],
    usage,
    finishReason: options.finishReason ?? (calls ? 'tool-calls' : 'stop'),
    delay: 0,
  };
}

function providerError({ status, message: text, retryAfter }: ProviderFailure): APICallError {
  const seconds = typeof retryAfter === 'number' ? retryAfter : retryAfter && msToNumber(retryAfter) / 1000;
  return new APICallError({
    message: text ?? `The provider answered with status ${status}.`,
    url: 'https://scripted.test/',
    requestBodyValues: {},
    statusCode: status,
    ...(seconds === undefined ? {} : { responseHeaders: { 'retry-after': String(seconds) } }),
  });
}

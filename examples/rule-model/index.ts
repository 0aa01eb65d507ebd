import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { setTimeout as delay } from 'node:timers/promises';
import { readConversation } from './conversation.ts';
import { think } from './think.ts';
import { offeredTools } from './tools.ts';

/** How the model behaves. */
export interface RuleModelOptions {
  /** Between two words of an answer, in milliseconds, so that one sees it being written. Default: 0. */
  readonly pace?: number;
}

/**
 * A language model without a language model: a hundred rules that read a conversation and the schemas of tools. It needs no key and no network, always
 * says the same, and understands simple English. It sits behind the same interface as any model of the AI SDK, so it can be exchanged for one.
 */
export function ruleModel({ pace = 0 }: RuleModelOptions = {}): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'example',
    modelId: 'rules',
    supportedUrls: {},
    doGenerate: async (options) => respond(options),
    doStream: async (options) => ({
      stream: ReadableStream.from(streamed(respond(options), pace, options.abortSignal)),
    }),
  };
}

function respond(options: LanguageModelV4CallOptions): LanguageModelV4GenerateResult {
  const { prompt } = options;
  const conversation = readConversation(prompt);
  const thought = think(conversation, offeredTools(options));
  const content: LanguageModelV4Content[] =
    thought.type === 'answer'
      ? [{ type: 'text', text: thought.text }]
      : thought.calls.map(({ tool, input }, index) => ({
          type: 'tool-call',
          toolCallId: `call-${prompt.length}-${index}`,
          toolName: tool,
          input: JSON.stringify(input),
        }));
  const unified = thought.type === 'answer' ? 'stop' : 'tool-calls';
  return { content, finishReason: { unified, raw: unified }, usage: usage(prompt, content), warnings: [] };
}

async function* streamed(
  { content, finishReason, usage: used }: LanguageModelV4GenerateResult,
  pace: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  for (const part of content) {
    if (part.type === 'tool-call') yield part;
    if (part.type !== 'text') continue;
    yield { type: 'text-start', id: 'text' };
    for (const delta of part.text.match(/\s*\S+/g) ?? []) {
      if (pace > 0) await delay(pace, undefined, signal ? { signal } : {});
      yield { type: 'text-delta', id: 'text', delta };
    }
    yield { type: 'text-end', id: 'text' };
  }
  yield { type: 'finish', finishReason, usage: used };
}

/** It counts words, for want of tokens. */
function usage(prompt: unknown, content: unknown): LanguageModelV4GenerateResult['usage'] {
  const count = (value: unknown): number => JSON.stringify(value).match(/\w+/g)?.length ?? 0;
  const [input, output] = [count(prompt), count(content)];
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}

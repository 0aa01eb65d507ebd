import { setImmediate } from 'node:timers/promises';
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';

/** What the model is to do, as the first message of the user. With a text behind it the conversation is as long as one likes. */
export const instructionsOf = (calls: number): string => `Make ${calls} calls.`;
/** The model asks a question first, and speaks when it has an answer. */
export const SPEAK = 'Speak when asked to.';

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** A model that answers at once: the calls that it was told to make, one at a time, then the time at which it says its first word. */
export function benchModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'bench',
    modelId: 'bench',
    supportedUrls: {},
    doGenerate: async (options) => {
      const content = answer(options);
      return { content: [content], finishReason: finishReason(content), usage, warnings: [] };
    },
    doStream: async (options) => ({ stream: ReadableStream.from(stream(options)) }),
  };
}

/** The time on a clock that all processes of a machine share, in nanoseconds. */
function machineTime(): string {
  return String(process.hrtime.bigint());
}

/** How long ago that was, in milliseconds. */
export function millisecondsSince(time: string): number {
  return Number(process.hrtime.bigint() - BigInt(time)) / 1e6;
}

async function* stream(options: LanguageModelV4CallOptions): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  const content = answer(options);
  if (content.type === 'text') {
    yield { type: 'text-start', id: '1' };
    yield { type: 'text-delta', id: '1', delta: machineTime() };
    // Words of a real model come one after another, not in one piece with its end.
    await setImmediate();
    yield { type: 'text-end', id: '1' };
  } else yield content;
  yield { type: 'finish', finishReason: finishReason(content), usage };
}

type Answer = Extract<LanguageModelV4Content, { type: 'text' | 'tool-call' }>;

function answer({ prompt }: LanguageModelV4CallOptions): Answer {
  const made = prompt.filter(({ role }) => role === 'tool').length;
  const [opening] = prompt.flatMap((message) => (message.role === 'user' ? message.content : []));
  const said = opening?.type === 'text' ? opening.text : '';
  const asks = said.startsWith(SPEAK);
  const wanted = asks ? 1 : Number(/^Make (\d+) calls\./.exec(said)?.[1]);
  if (Number.isNaN(wanted)) throw new Error(`The model was not told what to do: ${said.slice(0, 100)}`);
  if (made >= wanted) return { type: 'text', text: machineTime() };
  const [toolName, input] = asks ? ['request_user_input', { message: 'Now?' }] : ['look_up', { number: made }];
  return { type: 'tool-call', toolCallId: `call-${made}`, toolName, input: JSON.stringify(input) };
}

function finishReason({ type }: Answer): { unified: 'stop' | 'tool-calls'; raw: undefined } {
  return { unified: type === 'text' ? 'stop' : 'tool-calls', raw: undefined };
}

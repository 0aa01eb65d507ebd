import type {
  LanguageModelV4,
  LanguageModelV4Content,
  LanguageModelV4Prompt,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';

/** What agents think with: the model that PERDURE_MODEL names, such as openai/gpt-5-mini, or a few rules that need no key and no network. */
export const model: string | LanguageModelV4 = process.env['PERDURE_MODEL'] || offlineModel();

/** Stands where a model of the AI SDK stands, and knows only how to look up and refund an order. Delete it when you have a real one. */
function offlineModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'offline',
    modelId: 'rules',
    supportedUrls: {},
    doGenerate: async ({ prompt }) => {
      const part = respond(prompt);
      return { content: [part], finishReason: finish(part), usage: NOTHING, warnings: [] };
    },
    doStream: async ({ prompt }) => {
      const part = respond(prompt);
      const said =
        part.type === 'text'
          ? [
              { type: 'text-start', id: '1' } as const,
              { type: 'text-delta', id: '1', delta: part.text } as const,
              { type: 'text-end', id: '1' } as const,
            ]
          : [part];
      const end = { type: 'finish', finishReason: finish(part), usage: NOTHING } as const;
      return { stream: ReadableStream.from([{ type: 'stream-start', warnings: [] } as const, ...said, end]) };
    },
  };
}

type Part = Extract<LanguageModelV4Content, { type: 'text' | 'tool-call' }>;

function respond(prompt: LanguageModelV4Prompt): Part {
  const last = prompt.at(-1);
  if (last?.role === 'tool') {
    const results = last.content.flatMap((part) => (part.type === 'tool-result' ? [part.output] : []));
    return { type: 'text', text: results.map((output) => `The answer is ${JSON.stringify(output)}.`).join('\n') };
  }
  const text = JSON.stringify(last?.content ?? '');
  const [orderId] = /\d{3,}/.exec(text) ?? [];
  if (orderId === undefined) return { type: 'text', text: 'Tell me the number of your order, for example 1042.' };
  const toolName = /refund|money back/i.test(text) ? 'refund_order' : 'lookup_order';
  return { type: 'tool-call', toolCallId: `call-${prompt.length}`, toolName, input: JSON.stringify({ orderId }) };
}

function finish({ type }: Part): { unified: 'stop' | 'tool-calls'; raw: string } {
  return type === 'text' ? { unified: 'stop', raw: 'stop' } : { unified: 'tool-calls', raw: 'tool-calls' };
}

const NOTHING: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

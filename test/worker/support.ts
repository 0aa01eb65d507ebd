import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';

/** What a scripted model says in one call. */
export interface Said {
  readonly text?: string;
  readonly calls?: readonly { readonly tool: string; readonly input?: object }[];
}

/** Decides by the number of messages of the model itself that the conversation has, so that it needs no memory: any process may be asked. */
export function scripted(...turns: (Said | ((options: LanguageModelV4CallOptions) => Said))[]): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'fake',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('not used')),
    doStream: async (options) => {
      const turn = turns[options.prompt.filter(({ role }) => role === 'assistant').length];
      if (turn === undefined) throw new Error('The model was asked more often than expected.');
      return { stream: ReadableStream.from(parts(typeof turn === 'function' ? turn(options) : turn)) };
    },
  };
}

function parts({ text, calls = [] }: Said): LanguageModelV4StreamPart[] {
  return [
    ...(text === undefined
      ? []
      : ([
          { type: 'text-start', id: '0' },
          { type: 'text-delta', id: '0', delta: text },
          { type: 'text-end', id: '0' },
        ] as const)),
    ...calls.map(({ tool, input = {} }, index) => {
      return { type: 'tool-call', toolCallId: `call_${index}`, toolName: tool, input: JSON.stringify(input) } as const;
    }),
    {
      type: 'finish',
      finishReason: { unified: calls.length > 0 ? 'tool-calls' : 'stop', raw: 'stop' },
      usage: {
        inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 5, text: 5, reasoning: 0 },
      },
    },
  ];
}

/** The last thing that a tool or the user said, as text. */
export function lastSaid({ prompt }: LanguageModelV4CallOptions): string {
  return JSON.stringify(prompt.at(-1)?.content);
}

export const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

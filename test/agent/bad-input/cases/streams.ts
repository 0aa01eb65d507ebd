import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { call, finish, text } from '../../call-model/support.ts';
import { cases, type BadOutput } from '../bad-output.ts';

const order = call('lookup_order', { orderId: '1042' });
const ending = (unified: string): unknown => ({ ...finish, finishReason: { unified, raw: unified } });
const input = (id: string, ...deltas: string[]): unknown[] =>
  deltas.map((delta) => ({ type: 'tool-input-delta', id, delta }));
const start = (id: string, toolName = 'lookup_order'): unknown => ({ type: 'tool-input-start', id, toolName });
const end = (id: string): unknown => ({ type: 'tool-input-end', id });

/** A stream that breaks after some parts. */
function broken(error: unknown, ...parts: unknown[]): () => ReadableStream<LanguageModelV4StreamPart> {
  return () => {
    const rest = [...(parts as LanguageModelV4StreamPart[])];
    return new ReadableStream({
      pull(controller) {
        const part = rest.shift();
        if (part) controller.enqueue(part);
        else controller.error(error);
      },
    });
  };
}

export const streams: readonly BadOutput[] = [
  ...cases('again', {
    'an empty stream': [],
    'a stream that only starts': [{ type: 'stream-start', warnings: [] }],
    'text and no end': text('Where '),
    'a call and no end': [order],
    'an end in the middle of arguments': [start('a'), ...input('a', '{"order')],
    'an interruption': [...text('Where '), ending('interrupted')],
    'an end with an error': [ending('error')],
    'an end with an error after a call': [order, ending('error')],
    'an error': [{ type: 'error', error: new Error('boom') }],
    'an error that is text': [{ type: 'error', error: 'overloaded' }],
    'an error that is an object': [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
    'an error that is null': [{ type: 'error', error: null }],
    'an error that is undefined': [{ type: 'error' }],
    'an error after text': [...text('Hello'), { type: 'error', error: new Error('boom') }, finish],
    'an error after a call': [order, { type: 'error', error: new Error('boom') }, finish],
    'several errors': [
      { type: 'error', error: new Error('one') },
      { type: 'error', error: new Error('two') },
    ],
    'a stream that breaks at once': broken(new TypeError('terminated')),
    'a stream that breaks after text': broken(new TypeError('terminated'), ...text('Hel')),
    'a stream that breaks after a call': broken(new Error('socket hang up'), order),
    'a stream that breaks with nothing': broken(undefined, ...text('Hel')),
    'a refusal to speak that is text': () => Promise.reject('no'),
    'a refusal to speak that is undefined': () => Promise.reject(),
    'an error that can’t be read': () =>
      Promise.reject(
        Object.defineProperty(new Error('x'), 'message', {
          get: () => {
            throw new Error('unreadable');
          },
        }),
      ),
    'an error with itself as its cause': () => {
      const error = new Error('loop');
      error.cause = error;
      return Promise.reject(error);
    },
    'no stream at all': () => undefined as unknown as ReadableStream<LanguageModelV4StreamPart>,
    'something else than a stream': () => ({}) as ReadableStream<LanguageModelV4StreamPart>,
    'a part that can’t be read': [
      {
        get type() {
          throw new Error('unreadable');
        },
      },
    ],
  }),
  ...cases('final', {
    'the filter for content': [ending('content-filter')],
    'the filter for content, after text': [...text('Well, '), ending('content-filter')],
    'an invalid request, said in the stream': [
      { type: 'error', error: { error: { type: 'invalid_request_error', message: 'bad' } } },
    ],
    'a wrong key, said in the stream': [{ type: 'error', error: { type: 'authentication_error', message: 'no' } }],
    'a spent quota, said in the stream': [
      { type: 'error', error: { code: 'insufficient_quota', statusCode: 429, message: 'You have no more.' } },
    ],
  }),
  ...cases('no answer', {
    'nothing but an end': [finish],
    'calls announced, and none made': [ending('tool-calls')],
    'text of white space': [...text(' \n\t'), finish],
    'an empty text': [...text(''), finish],
    'a text that starts and ends only': [{ type: 'text-start', id: '0' }, { type: 'text-end', id: '0' }, finish],
    'reasoning alone': [{ type: 'reasoning-delta', id: '0', delta: 'Hm.' }, finish],
    'no room for an answer': [{ type: 'reasoning-delta', id: '0', delta: 'Hm.' }, ending('length')],
    'an answer that is cut off': [...text('Hello, I'), ending('length')],
    'unknown parts alone': [{ type: 'hologram', delta: 'x' }, finish],
    'null parts': [null, undefined, finish],
    'a part without a type': [{ delta: 'x' }, finish],
    'a delta that is a number': [{ type: 'text-delta', id: '0', delta: 7 }, finish],
    'a delta that is an object': [{ type: 'text-delta', id: '0', delta: { text: 'x' } }, finish],
    'a delta that is missing': [{ type: 'text-delta', id: '0' }, finish],
    'a file without data': [{ type: 'file', mediaType: 'image/png' }, finish],
    'arguments of a call that never began': [...input('a', '{"orderId":"1"}'), finish],
    'the end of a call that never began': [end('a'), finish],
    'a call that the provider makes itself': [{ ...order, providerExecuted: true }, finish],
    'the result of a call that nobody made': [
      { type: 'tool-result', toolCallId: 'x', toolName: 'lookup_order', result: { a: 1 } },
      finish,
    ],
    'a request to approve something': [{ type: 'tool-approval-request', approvalId: 'a', toolCallId: 'b' }, finish],
    'a source alone': [{ type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' }, finish],
    'text after the end': [finish, ...text('Hello')],
    'a call after the end': [finish, order],
  }),
  ...cases(['complete'], {
    'deltas without a start': [{ type: 'text-delta', id: '0', delta: 'Hello' }, finish],
    'an end without a start': [{ type: 'text-end', id: 'x' }, ...text('Hello'), finish],
    'a start without an end': [
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hello' },
      finish,
    ],
    'two starts of one text': [{ type: 'text-start', id: '0' }, ...text('Hello'), finish],
    'a delta after the end of its text': [...text('Hel'), { type: 'text-delta', id: '0', delta: 'lo' }, finish],
    'two texts at once': [
      { type: 'text-start', id: 'a' },
      { type: 'text-start', id: 'b' },
      { type: 'text-delta', id: 'b', delta: 'lo' },
      { type: 'text-delta', id: 'a', delta: 'Hel' },
      finish,
    ],
    'reasoning and text with one id': [
      { type: 'reasoning-start', id: '0' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hello' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
      finish,
    ],
    'ids that are missing': [{ type: 'text-start' }, { type: 'text-delta', delta: 'Hello' }, finish],
    'the end, twice': [...text('Hello'), finish, finish],
    'a call after the end of an answer': [...text('Hello'), finish, order],
    'an answer with calls announced': [...text('Hello'), ending('tool-calls')],
    'an end for an unknown reason': [...text('Hello'), ending('tired')],
    'an end without a reason': [
      ...text('Hello'),
      { type: 'finish', usage: finish.type === 'finish' ? finish.usage : {} },
    ],
    'an end without usage': [...text('Hello'), { type: 'finish', finishReason: { unified: 'stop' } }],
    'usage that is no number': [
      ...text('Hello'),
      { ...finish, usage: { inputTokens: { total: 'many' }, outputTokens: { total: Number.NaN } } },
    ],
    'usage that is negative or infinite': [
      ...text('Hello'),
      { ...finish, usage: { inputTokens: { total: -5, cacheRead: Number.POSITIVE_INFINITY }, outputTokens: null } },
    ],
    'metadata that is none': [
      { type: 'response-metadata', modelId: { id: 'x' }, timestamp: 'now' },
      ...text('Hello'),
      finish,
    ],
    'raw parts': [{ type: 'raw', rawValue: { a: 1n } }, ...text('Hello'), finish],
  }),
  ...cases(['execute_tool'], {
    'a call although the answer is complete': [...text('Hello'), order, ending('stop')],
    'a call with a cut end': [order, ending('length')],
    'a call for an unknown reason': [order, ending('other')],
    'text after a call': [order, ...text('Done!'), finish],
    'text within a call': [start('a'), ...input('a', '{"ord'), ...text('Hm.'), { ...order, toolCallId: 'a' }, finish],
    'arguments that were streamed differently': [
      start('a'),
      ...input('a', '{"orderId":"9'),
      end('a'),
      { ...order, toolCallId: 'a' },
      finish,
    ],
    'a call under another name than announced': [start('a', 'refund'), { ...order, toolCallId: 'a' }, finish],
    'arguments after a call': [order, ...input('call_1', '"}'), finish],
  }),
  ...cases(['execute_tool', 'execute_tool'], {
    'two calls with one id': [order, order, finish],
    'two calls without an id': [{ ...order, toolCallId: undefined }, { ...order, toolCallId: undefined }, finish],
    'two calls whose arguments alternate': [
      start('a'),
      start('b'),
      ...input('a', '{"orderId":'),
      ...input('b', '{"orderId":'),
      ...input('a', '"1"}'),
      ...input('b', '"2"}'),
      end('b'),
      end('a'),
      { ...order, toolCallId: 'a', input: '{"orderId":"1"}' },
      { ...order, toolCallId: 'b', input: '{"orderId":"2"}' },
      finish,
    ],
    'calls in another order than announced': [
      start('a'),
      start('b'),
      { ...order, toolCallId: 'b' },
      { ...order, toolCallId: 'a' },
      finish,
    ],
  }),
  ...cases('refused', {
    'arguments that were streamed, and no call': [start('a'), ...input('a', '{"orderId":"1042"}'), end('a'), finish],
    'a call that begins and does not end': [start('a'), finish],
    'a call of which only half was said': [start('a'), ...input('a', '{"orderId":"10'), ending('length')],
  }),
];

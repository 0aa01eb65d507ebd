import { call, finish, text } from '../../call-model/support.ts';
import { cases, type BadOutput } from '../bad-output.ts';

const calls = (count: number, input: unknown = { orderId: '1' }): unknown[] =>
  Array.from({ length: count }, (_, index) => call('lookup_order', input, `call_${index}`));
const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const MB = 1024 * 1024;
const nested = (depth: number): string => `{"orderId":"1","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const members = (count: number): string =>
  `{"orderId":"1",${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;

export const sizes: readonly BadOutput[] = [
  ...cases('no answer', {
    '5 MB of text': [...text('x'.repeat(5 * MB)), finish],
    '5 MB of text in small deltas': [
      ...many(5 * 1024, { type: 'text-delta', id: '0', delta: 'x'.repeat(1024) }),
      finish,
    ],
    '5 MB of text before a call': [...text('x'.repeat(5 * MB)), call('lookup_order', { orderId: '1' }), finish],
    '5 MB of text in a thousand parts': [...many(1000, text('x'.repeat(5 * 1024))).flat(), finish],
    '5 MB of reasoning': [{ type: 'reasoning-delta', id: '0', delta: 'x'.repeat(5 * MB) }, ...text('Hello'), finish],
    '5 MB of arguments': [call('lookup_order', { orderId: 'x'.repeat(5 * MB) }), finish],
    'a file of 3 MB': [
      { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array(3 * MB) } },
      ...text('Here it is.'),
      finish,
    ],
    'text that is six times as large as JSON': [...text('\u0001'.repeat(900_000)), finish],
    'text that is three times as large in UTF-8': [...text('漢'.repeat(900_000)), finish],
    'text that fits once, but not twice': [...text('x'.repeat(600_000)), finish],
    'a question that fits once, but not twice': [
      ...text('x'.repeat(600_000)),
      call('request_user_input', { message: 'x'.repeat(250_000) }),
      finish,
    ],
    'what a provider attached, of 2 MB': [
      { type: 'reasoning-start', id: '0', providerMetadata: { fake: { encrypted: 'x'.repeat(2 * MB) } } },
      ...text('Hello'),
      finish,
    ],
    '50,000 parts': [...many(50_000, { type: 'text-start', id: '0' }), finish],
    '50,000 calls that never begin': [
      ...Array.from({ length: 50_000 }, (_, index) => ({ type: 'tool-input-start', id: `${index}`, toolName: 'now' })),
      finish,
    ],
    'a thousand calls of 5 KB': [...calls(1000, { orderId: 'x'.repeat(5 * 1024) }), finish],
  }),
  ...cases('refused', {
    'arguments of 300 KB': [call('lookup_order', { orderId: 'x'.repeat(300_000) }), finish],
    'arguments of 300 KB that are no JSON': [call('lookup_order', 'x'.repeat(300_000)), finish],
    'arguments of 300 KB of white space': [call('lookup_order', ' '.repeat(300_000)), finish],
    '50,000 members': [call('lookup_order', members(50_000)), finish],
    '101 levels': [call('lookup_order', nested(100)), finish],
    '10,000 levels': [call('lookup_order', nested(10_000)), finish],
    '100,000 levels': [call('lookup_order', nested(100_000)), finish],
    '100,000 levels that don’t end': [call('lookup_order', '['.repeat(100_000)), finish],
  }),
  ...cases(['execute_tool'], {
    '100 levels': [call('lookup_order', nested(99)), finish],
    'a thousand members': [call('lookup_order', members(1000)), finish],
  }),
  ...cases([...many(128, 'execute_tool')], { '128 calls': [...calls(128), finish] }),
  ...cases([...many(128, 'execute_tool'), 'refuse_call'], {
    '129 calls': [...calls(129), finish],
    '1,000 calls': [...calls(1000), finish],
    '1,000 calls with one id': [...many(1000, call('lookup_order', { orderId: '1' })), finish],
    '20,000 calls': [...calls(20_000), finish],
  }),
  ...cases(['complete'], {
    '50 KB in deltas of one character': [...many(50_000, { type: 'text-delta', id: '0', delta: 'x' }), finish],
    '50,000 pings': [...many(50_000, { type: 'ping' }), ...text('Hello'), finish],
  }),
];

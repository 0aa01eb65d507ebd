import { call, finish, text } from '../../call-model/support.ts';
import { cases, type BadOutput } from '../bad-output.ts';

const order = (orderId: string): readonly unknown[] => [call('lookup_order', { orderId }), finish];

export const unicode: readonly BadOutput[] = [
  ...cases(['execute_tool'], {
    'half a character, escaped': [call('lookup_order', '{"orderId":"\\ud83d"}'), finish],
    'the other half, escaped': [call('lookup_order', '{"orderId":"\\ude00"}'), finish],
    'halves in the wrong order': [call('lookup_order', '{"orderId":"\\ude00\\ud83d"}'), finish],
    'half a character, raw': [call('lookup_order', '{"orderId":"\uD83D"}'), finish],
    'half a character in a key': [call('lookup_order', '{"orderId":"1","\\ud83d":1}'), finish],
    'NUL, escaped': [call('lookup_order', '{"orderId":"\\u0000"}'), finish],
    'a right-to-left override': order('\u202E2401'),
    'a zero-width joiner': order('10\u200D42'),
    'combining characters': order('e\u0301'.repeat(100)),
    'a byte order mark in text': order('\uFEFF1042'),
    'line separators': order('\u2028\u2029'),
    'not a character': order('\uFFFF\uFFFE'),
    'an escape sequence of terminals': order('\u001B[2J'),
    'an id of a call with half a character': [call('lookup_order', { orderId: '1' }, 'call_\uD83D'), finish],
    'an id of a call with emoji': [call('lookup_order', { orderId: '1' }, '📦'), finish],
    'an id of a call with NUL': [call('lookup_order', { orderId: '1' }, '\u0000'), finish],
    'an empty id of a call': [call('lookup_order', { orderId: '1' }, ''), finish],
    'an id of a call of 10 KB': [call('lookup_order', { orderId: '1' }, 'c'.repeat(10_240)), finish],
  }),
  ...cases(['request_user_input'], {
    'a question with half a character': [call('request_user_input', '{"message":"\\ud83d?"}'), finish],
  }),
  ...cases(['complete'], {
    'text with half a character': [...text('Hello \uD83D'), finish],
    'a character cut in two by deltas': [
      { type: 'text-delta', id: '0', delta: '\uD83D' },
      { type: 'text-delta', id: '0', delta: '\uDE00' },
      finish,
    ],
    'text with NUL': [...text('Hello\u0000'), finish],
    'text that begins with a byte order mark': [...text('\uFEFFHello'), finish],
    'text of a right-to-left override': [...text('\u202E'), finish],
    'an id of a text with half a character': [...text('Hello', '\uD83D'), finish],
    'reasoning with half a character': [
      { type: 'reasoning-delta', id: '0', delta: '\uDE00' },
      ...text('Hello'),
      finish,
    ],
  }),
  ...cases('no answer', { 'text of white space of all kinds': [...text('\u00A0\u2003\u3000\uFEFF\n'), finish] }),
];

import { call, finish } from '../../call-model/support.ts';
import { cases, type BadOutput } from '../bad-output.ts';

const named = (name: unknown): readonly unknown[] => [
  { ...call('', '{"orderId":"1042"}'), toolName: name },
  { ...finish, finishReason: { unified: 'tool-calls', raw: 'tool_calls' } },
];

const names: Readonly<Record<string, unknown>> = {
  'that does not exist': 'cancel_order',
  'that is almost right': 'lookup_orders',
  'in another case': 'Lookup_Order',
  'with a namespace': 'functions.lookup_order',
  'with a path': '../lookup_order',
  'with arguments': 'lookup_order({"orderId":"1042"})',
  'with white space': ' lookup_order ',
  'with a line break': 'lookup_order\n',
  'with a NUL': 'lookup_order\u0000',
  'with a Cyrillic o': 'lookup_оrder',
  'with full-width letters': 'ｌｏｏｋｕｐ_order',
  'with a combining accent': 'lookup_órder',
  'with a right-to-left override': '\u202Eredro_pukool',
  'with a zero-width joiner': 'lookup\u200D_order',
  'with half a character': 'lookup_order\uD83D',
  'made of emoji': '📦',
  'that is empty': '',
  'of white space': '  ',
  'of 10 KB': 'x'.repeat(10_240),
  'of 10 KB that begins like one': `lookup_order${' '.repeat(10_240)}`,
  'of 100 KB of emoji': '😀'.repeat(25_600),
  __proto__: '__proto__',
  constructor: 'constructor',
  prototype: 'prototype',
  toString: 'toString',
  hasOwnProperty: 'hasOwnProperty',
  valueOf: 'valueOf',
  'of markup': '<script>alert(1)</script>',
  'with quotes': '"lookup_order"',
  'of a comment in SQL': "lookup_order'; DROP TABLE orders; --",
  'that is undefined': undefined,
  'that is null': null,
  'that is a number': 7,
  'that is an object': { name: 'lookup_order' },
  'that is a list': ['lookup_order'],
};

export const badNames: readonly BadOutput[] = Object.entries(names).flatMap(([name, value]) =>
  cases('refused', { [`a name ${name}`]: named(value) }),
);

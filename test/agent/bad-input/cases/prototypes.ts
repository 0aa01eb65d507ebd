import { call, finish, text } from '../../call-model/support.ts';
import { cases, type BadOutput } from '../bad-output.ts';

const order = (input: string): readonly unknown[] => [call('lookup_order', input), finish];
const polluted = '{"polluted":true}';

const reaching: Readonly<Record<string, string>> = {
  'at the root': `{"orderId":"1","__proto__":${polluted}}`,
  'alone at the root': `{"__proto__":{"orderId":"1"}}`,
  'as null': `{"orderId":"1","__proto__":null}`,
  'as text': `{"orderId":"1","__proto__":"x"}`,
  'in a member': `{"orderId":"1","a":{"b":{"__proto__":${polluted}}}}`,
  'in a list': `{"orderId":"1","a":[1,[{"__proto__":${polluted}}]]}`,
  'in itself': `{"orderId":"1","__proto__":{"__proto__":${polluted}}}`,
  'with escapes': `{"orderId":"1","\\u005f_proto_\\u005F":${polluted}}`,
  twice: `{"orderId":"1","__proto__":1,"__proto__":${polluted}}`,
  'by way of constructor': `{"orderId":"1","constructor":{"prototype":${polluted}}}`,
  'by way of constructor, in a member': `{"orderId":"1","a":{"constructor":{"prototype":${polluted}}}}`,
  'by way of constructor, in a list': `{"orderId":"1","a":[{"constructor":{"prototype":null}}]}`,
  'by way of constructor, with escapes': `{"orderId":"1","c\\u006fnstructor":{"prot\\u006ftype":${polluted}}}`,
};

const harmless = [
  'toString',
  'hasOwnProperty',
  'valueOf',
  'constructor',
  'prototype',
  'isPrototypeOf',
  'toJSON',
  'then',
];

export const prototypes: readonly BadOutput[] = [
  ...cases(
    'refused',
    Object.fromEntries(Object.entries(reaching).map(([name, input]) => [`__proto__ ${name}`, order(input)])),
  ),
  ...cases('refused', {
    '__proto__ in a question': [call('request_user_input', `{"message":"?","__proto__":${polluted}}`), finish],
    '__proto__ for a sub-agent': [call('billing', `{"message":"?","__proto__":${polluted}}`), finish],
    '__proto__ for a tool that needs nothing': [call('now', `{"__proto__":${polluted}}`), finish],
  }),
  ...cases(
    ['execute_tool'],
    Object.fromEntries(harmless.map((key) => [`${key} as an ordinary member`, order(`{"orderId":"1","${key}":"x"}`)])),
  ),
  ...cases(['execute_tool'], {
    '__proto__ as the id of a call': [call('lookup_order', { orderId: '1' }, '__proto__'), finish],
    'constructor as the id of a call': [call('lookup_order', { orderId: '1' }, 'constructor'), finish],
    '__proto__ in what the provider attached': [
      { ...call('lookup_order', { orderId: '1' }), providerMetadata: JSON.parse(`{"fake":{"__proto__":${polluted}}}`) },
      finish,
    ],
    '__proto__ as the provider that attached it': [
      { ...call('lookup_order', { orderId: '1' }), providerMetadata: JSON.parse(`{"__proto__":${polluted}}`) },
      finish,
    ],
  }),
  ...cases(['complete'], {
    '__proto__ as the id of a text': [...text('Hello', '__proto__'), finish],
    '__proto__ within a text': [...text(`{"__proto__":${polluted}}`), finish],
  }),
  ...cases(
    'no answer',
    {
      '__proto__ in a structured answer': [...text(`{"status":"open","__proto__":${polluted}}`), finish],
      '__proto__ deep in a structured answer': [...text(`{"status":"open","a":[{"__proto__":${polluted}}]}`), finish],
      'constructor in a structured answer': [
        ...text(`{"status":"open","constructor":{"prototype":${polluted}}}`),
        finish,
      ],
    },
    'structured',
  ),
];

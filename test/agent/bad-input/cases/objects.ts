import { call, finish, text } from '../../call-model/support.ts';
import { cases, type BadOutput } from '../bad-output.ts';

const order = call('lookup_order', { orderId: '1' });
const given = (input: unknown): readonly unknown[] => [{ ...order, input }, finish];
const attached = (providerMetadata: unknown): readonly unknown[] => [{ ...order, providerMetadata }, finish];

const cyclic: Record<string, unknown> = { orderId: '1' };
cyclic['self'] = cyclic;
const web: Record<string, unknown>[] = Array.from({ length: 50 }, () => ({}));
for (const node of web) web.forEach((other, index) => (node[`k${index}`] = other));
const throwing = {
  get orderId(): string {
    throw new Error('unreadable');
  },
};
function deep(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}

export const objects: readonly BadOutput[] = [
  ...cases('refused', {
    'arguments in a cycle': given(cyclic),
    'arguments with a big integer': given({ orderId: 1n }),
    'arguments that can’t be read': given(throwing),
    'arguments that are a list': given(['1']),
    'arguments that are a number': given(7),
    'arguments that are a function': given(() => '1'),
    'arguments that are undefined': given(undefined),
    'arguments that are null': given(null),
    'arguments that are a date': given(new Date(0)),
    'arguments that are an error': given(new Error('x')),
    'arguments that are bytes': given(new Uint8Array([1])),
    'arguments that are a map': given(new Map([['orderId', '1']])),
    'arguments of 200 levels': given({ orderId: '1', a: deep(200) }),
  }),
  ...cases(['execute_tool'], {
    'arguments that are no text, but fit': given({ orderId: '1' }),
    'arguments that say how they become JSON': given({ toJSON: () => ({ orderId: '1' }) }),
    'a cycle in what the provider attached': attached({ fake: cyclic }),
    'many cycles in what the provider attached': attached({ fake: { web } }),
    'a big integer in what the provider attached': attached({ fake: { a: 1n } }),
    'a getter that throws in what the provider attached': attached({ fake: throwing }),
    'a function in what the provider attached': attached({ fake: { f: () => 1, s: Symbol('x'), u: undefined } }),
    'a date, an URL and bytes in what the provider attached': attached({
      fake: { at: new Date(0), url: new URL('https://example.com'), bytes: new Uint8Array(3) },
    }),
    'an invalid date in what the provider attached': attached({ fake: { at: new Date(Number.NaN) } }),
    'a map and a set in what the provider attached': attached({ fake: { map: new Map(), set: new Set() } }),
    'numbers that are none in what the provider attached': attached({
      fake: { a: Number.NaN, b: -0, c: Number.POSITIVE_INFINITY },
    }),
    '10,000 levels in what the provider attached': attached({ fake: deep(10_000) }),
    'a list with holes in what the provider attached': attached({ fake: { list: Object.assign([], { 5: 1 }) } }),
    'text as what the provider attached': attached('signature'),
    'a list as what the provider attached': attached([{ a: 1 }]),
    'null as what the provider attached': attached(null),
  }),
  ...cases(['complete'], {
    'a cycle attached to text': [
      { type: 'text-start', id: '0', providerMetadata: { fake: cyclic } },
      ...text('Hello'),
      finish,
    ],
  }),
];

const answers: Readonly<Record<string, string>> = {
  'that is no JSON': 'It is open.',
  'that is cut off': '{"status":"op',
  'that is a list': '[{"status":"open"}]',
  'that is text': '"open"',
  'that is null': 'null',
  'of the wrong kind': '{"status":1}',
  'with a value that does not exist': '{"status":"lost"}',
  'without what is needed': '{"state":"open"}',
  'with an infinite number': '{"status":"open","days":1e400}',
  'that is there twice': '{"status":"open"}{"status":"shipped"}',
  'with text before': 'Here it is: {"status":"open"}',
  'in a code block that does not end': '```json\n{"status":"open"}',
  'in two code blocks': '```json\n{"status":"open"}\n```\n```json\n{"status":"open"}\n```',
  'with single quotes': "{'status':'open'}",
  'with a comment': '{"status":"open"} // done',
  'nested without end': `{"status":"open","a":${'['.repeat(100_000)}`,
  'nested very deep': `{"status":"open","a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  'that is empty': '',
};

export const badAnswers: readonly BadOutput[] = [
  ...Object.entries(answers).flatMap(([name, said]) =>
    cases('no answer', { [`a structured answer ${name}`]: [...text(said), finish] }, 'structured'),
  ),
  ...cases(
    ['complete'],
    {
      'a structured answer in a code block': [...text('```json\n{"status":"open"}\n```'), finish],
      'a structured answer in pieces': [...text('{"status":', 'a'), ...text('"open"}', 'b'), finish],
      'a structured answer after reasoning': [
        { type: 'reasoning-delta', id: '0', delta: '{"status":"shipped"}' },
        ...text('{"status":"open"}'),
        finish,
      ],
    },
    'structured',
  ),
];

import { describe, expect, it } from 'vitest';
import { checkData, checkKey, checkWriter } from '../../src/data/check.ts';
import { DataInvalidError } from '../../src/data/index.ts';
import type { Json, JsonSchema } from '../../src/workflow/protocol/index.ts';

const MOST = 262_144;

function problemOf(check: () => unknown): { readonly path: string; readonly message: string } {
  try {
    check();
  } catch (error) {
    if (DataInvalidError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const withValue = (value: unknown) => () => checkData({ key: 'k', value: value as Json }, MOST);
const withMetadata =
  (metadata: unknown, value: Json = 1) =>
  () =>
    checkData({ key: 'k', value, metadata: metadata as object }, MOST);

describe('values that are refused', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;

  it.each([
    ['a missing one', undefined, 'value', 'is missing'],
    ['NUL', 'a\0', 'value', 'U+0000'],
    ['NUL inside', { a: ['x', '\0'] }, 'value.a[1]', 'U+0000'],
    ['NUL in a name', { a: { 'x\0': 1 } }, 'value.a', 'U+0000'],
    ['half of a character', { text: 'cut \ud83d' }, 'value.text', 'lone surrogate'],
    ['half of a character in a name', { '\udc00': 1 }, 'value', 'lone surrogate'],
    ['NaN', { a: Number.NaN }, 'value.a', 'no number'],
    ['infinity', [Number.POSITIVE_INFINITY], 'value[0]', 'no number'],
    ['a bigint', { a: 10n }, 'value.a', 'a bigint is not JSON'],
    ['a function', () => 1, 'value', 'a function is not JSON'],
    ['a date', { at: new Date(0) }, 'value.at', 'toISOString'],
    ['a map', new Map(), 'value', 'a Map is not JSON'],
    ['bytes', new Uint8Array(3), 'value', 'base64'],
    ['a cycle', cyclic, 'value.self', 'contains itself'],
    ['too much', 'x'.repeat(MOST), 'value', 'at most 262144'],
  ])('%s', (_, value, path, words) => {
    const problem = problemOf(withValue(value));
    expect(problem.path).toBe(path);
    expect(problem.message).toContain(words);
  });
});

it('nesting without end is refused', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const problem = problemOf(withValue(deep));
  expect(problem.path).toMatch(/^value\[0\]\[0\]/);
  expect(problem.message).toContain('200 levels');
});

describe('keys that are refused', () => {
  it.each([
    ['', 'is empty'],
    ['x'.repeat(513), 'has 513 bytes; at most 512'],
    ['ü'.repeat(257), 'has 514 bytes'],
    ['a\0', 'U+0000'],
    ['a\nb', 'U+000A'],
    ['a\u0085b', 'U+0085'],
    ['\ud83d', 'lone surrogate'],
    [undefined, 'is missing'],
    [5, 'give a string'],
    [['k'], 'give a string'],
  ])('%j', (key, words) => {
    expect(problemOf(() => checkKey(key as string)).message).toContain(words);
  });
});

describe('metadata', () => {
  it.each([
    [{ ttl: 0 }, 'metadata.ttl'],
    [{ ttl: -1 }, 'metadata.ttl'],
    [{ ttl: 1.5 }, 'metadata.ttl'],
    [{ ttl: '60' }, 'metadata.ttl'],
    [{ ttl: 315_360_001 }, 'metadata.ttl'],
    [{ ttl: Number.POSITIVE_INFINITY }, 'metadata.ttl'],
    [{ description: 'x'.repeat(1025) }, 'metadata.description'],
    [{ description: 'a\0' }, 'metadata.description'],
    [{ description: 5 }, 'metadata.description'],
    [{ desription: 'x' }, 'metadata'],
    [{ schema: true }, 'metadata.schema'],
    [{ schema: [] }, 'metadata.schema'],
    [{ schema: { description: 'x'.repeat(17_000) } }, 'metadata.schema'],
    ['text', 'metadata'],
    [null, 'metadata'],
  ])('%j is refused', (metadata, path) => {
    expect(problemOf(withMetadata(metadata)).path).toBe(path);
  });

  it('takes what is possible', () => {
    expect(checkData({ key: 'k', value: 1, metadata: { ttl: 1, description: '', schema: {} } }, MOST)).toMatchObject({
      ttl: 1,
      description: '',
    });
  });

  it('refuses what it does not know of', () => {
    expect(problemOf(() => checkData({ key: 'k', value: 1, ttl: 5 } as never, MOST)).message).toContain('"ttl"');
    expect(problemOf(() => checkWriter({ agent: 'a', setp: 'x' } as never)).message).toContain('"setp"');
    expect(problemOf(() => checkWriter({} as never)).path).toBe('by.agent');
  });
});

describe('a schema', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: { total: { type: 'number', minimum: 0 }, lines: { type: 'array', items: { $ref: '#/$defs/line' } } },
    required: ['total'],
    additionalProperties: false,
    $defs: { line: { type: 'object', required: ['sku'] } },
  };

  it('lets through what it describes', () => {
    expect(withMetadata({ schema }, { total: 1, lines: [{ sku: 'x' }] })).not.toThrow();
  });

  it.each([
    [{ total: -1 }, 'total'],
    [{}, 'total'],
    [{ total: 1, other: 2 }, 'other'],
    [{ total: 1, lines: [{}] }, 'lines.0'],
    ['text', 'object'],
    [null, 'object'],
  ] as const)('refuses %j, and says where', (value, words) => {
    const { path, message } = problemOf(withMetadata({ schema }, value));
    expect(path).toBe('value');
    expect(message).toContain('does not match metadata.schema');
    expect(message).toContain(words);
  });

  it.each(['https://example.com/schema.json', 'file:///etc/passwd', 'other.json', ''])(
    'may not refer to %j',
    (reference) => {
      const foreign = { properties: { a: { items: { $ref: reference } } } };
      expect(problemOf(withMetadata({ schema: foreign })).path).toBe('metadata.schema.properties.a.items.$ref');
    },
  );

  it('may speak of properties and values that look like references', () => {
    const harmless = {
      properties: { $ref: { type: 'string' } },
      const: { $ref: 'https://example.com' },
      examples: [{ $ref: 'x' }],
    };
    expect(withMetadata({ schema: harmless }, { $ref: 'https://example.com' })).not.toThrow();
  });

  it.each([
    ['a pattern that takes for ever', { pattern: '^(a+)+$' }, `${'a'.repeat(100)}!`],
    ['names matched by such a pattern', { patternProperties: { '^(a|a)*$': true } }, { [`${'a'.repeat(100)}!`]: 1 }],
    ['references that double', { $ref: '#/$defs/40', $defs: doubling(40) }, 1],
  ] as const)('may not hold up the process: %s', (_, bad, value) => {
    const { path, message } = problemOf(withMetadata({ schema: bad }, value));
    expect(path).toBe('metadata.schema');
    expect(message).toContain('takes longer than 250 ms');
    // What comes after is not concerned.
    expect(withMetadata({ schema: { type: 'number' } })).not.toThrow();
  });

  it.each([
    ['a reference to itself', { $ref: '#' }],
    ['a reference to nothing', { $ref: '#/$defs/nothing' }],
    ['a pattern that is none', { pattern: '(' }],
    ['a type that there is not', { type: 'strng' }],
    ['a keyword of the wrong kind', { properties: 5, required: 7, type: {} }],
  ])('that can not be used is refused: %s', (_, bad) => {
    expect(withMetadata({ schema: bad }, 'text')).toThrow(DataInvalidError);
  });

  it('is not changed, and does not see prototypes', () => {
    const frozen = Object.freeze({ type: 'object', required: ['constructor'] });
    expect(withMetadata({ schema: frozen }, {})).toThrow('constructor');
    expect(withMetadata({ schema: frozen }, { constructor: 1 })).not.toThrow();
  });
});

function doubling(levels: number): JsonSchema {
  const definitions: Record<string, JsonSchema> = { 0: { type: 'number' } };
  for (let level = 1; level <= levels; level += 1) {
    const below = { $ref: `#/$defs/${level - 1}` };
    definitions[level] = { allOf: [below, below] };
  }
  return definitions;
}

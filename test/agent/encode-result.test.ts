import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/agent/encode-json.ts';
import { encodeResult } from '../../src/agent/encode-result.ts';
import { defineTool } from '../../src/index.ts';

const cyclic: Record<string, unknown> = { name: 'a' };
cyclic['self'] = { again: [cyclic] };
const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
};

describe('encodeJson', () => {
  it.each([
    ['nothing', undefined, null],
    ['null', null, null],
    ['text with odd characters', 'a\u0000\uD800é', 'a\u0000\uD800é'],
    ['what is missing in an object', { a: undefined, b: 1 }, { b: 1 }],
    ['what is missing in a list', [undefined, 1], [null, 1]],
    ['a list with holes', Object.assign([], { length: 2 }), [null, null]],
    [
      'an instance of a class',
      new (class {
        x = 1;
        y = { z: true };
      })(),
      { x: 1, y: { z: true } },
    ],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'what says how it is JSON',
      { at: new URL('http://a.b/'), money: { toJSON: () => ({ amount: 3 }) } },
      { at: 'http://a.b/', money: { amount: 3 } },
    ],
    ['the same object twice', ((each) => [each, each])({ a: 1 }), [{ a: 1 }, { a: 1 }]],
    ['200 levels', nested(199), nested(199)],
  ])('takes %s', (_, value, json) => {
    expect(encodeJson(value)).toEqual({ ok: true, value: json });
  });

  it.each([
    ['a Date', { order: { at: new Date(0) } }, 'order.at', /a Date is not JSON; use its toISOString/],
    ['a Map', [new Map()], '[0]', /a Map/],
    ['a Set', { a: [1, new Set()] }, 'a[1]', /a Set/],
    ['a BigInt', { n: 1n }, 'n', /a bigint is not JSON/],
    ['a function', () => 1, 'the result', /a function is not JSON/],
    ['a symbol', { s: Symbol('s') }, 's', /a symbol is not JSON/],
    ['NaN', { n: Number.NaN }, 'n', /NaN is no number in JSON/],
    ['Infinity', Number.POSITIVE_INFINITY, 'the result', /Infinity/],
    ['a promise', { later: Promise.resolve(1) }, 'later', /await it/],
    ['an error', new Error('x'), 'the result', /throw it/],
    ['bytes', { image: new Uint8Array(2) }, 'image', /bytes are not JSON/],
    ['a cycle', cyclic, 'self.again[0]', /contains itself/],
    ['nesting without end', nested(5_000), expect.stringMatching(/^a\.a/), /nested more than 200 levels/],
    [
      'a getter that throws',
      Object.defineProperty({}, 'a', {
        enumerable: true,
        get: () => {
          throw new Error('no');
        },
      }),
      'a',
      /reading it fails: no/,
    ],
  ])('names the place of %s', (_, value, path, problem) => {
    expect(encodeJson(value)).toEqual({ ok: false, path, problem: expect.stringMatching(problem) });
  });

  it('keeps a key that would be a prototype', () => {
    const value = JSON.parse('{"__proto__":{"admin":true}}') as unknown;
    const encoded = encodeJson(value);
    expect(JSON.stringify(encoded)).toBe('{"ok":true,"value":{"__proto__":{"admin":true}}}');
    expect(Object.getPrototypeOf(encoded.ok && encoded.value)).toBe(Object.prototype);
  });
});

describe('encodeResult', () => {
  const tool = defineTool({ name: 'look', description: 'Looks.', run: () => 1, maxResultBytes: 100 });

  it('tells text, JSON and content apart', () => {
    expect(encodeResult(tool, 'found')).toEqual({ type: 'text', value: 'found' });
    expect(encodeResult(tool, { a: 1 })).toEqual({ type: 'json', value: { a: 1 } });
    expect(encodeResult(tool, undefined)).toEqual({ type: 'json', value: null });
    expect(
      encodeResult(tool, {
        type: 'content',
        value: [
          { type: 'text', text: 'see' },
          { type: 'file', mediaType: 'image/png', data: new Uint8Array([1, 2, 3]) },
        ],
      }),
    ).toEqual({
      type: 'content',
      value: [
        { type: 'text', text: 'see' },
        { type: 'file', mediaType: 'image/png', data: 'AQID' },
      ],
    });
  });

  it('takes other things of type content as they are', () => {
    expect(encodeResult(tool, { type: 'content', value: 5 })).toMatchObject({ type: 'json' });
    expect(encodeResult(tool, { type: 'content', value: [{ type: 'chapter' }] })).toMatchObject({ type: 'json' });
  });

  it('refuses parts that are not whole', () => {
    const result = { type: 'content', value: [{ type: 'file', data: 'AQID' }] };
    expect(() => encodeResult(tool, result)).toThrow(
      expect.objectContaining({
        type: 'ToolFailed',
        nonRetryable: true,
        message: expect.stringMatching(/look.*value\[0\].*mediaType/),
      }),
    );
  });

  it('names the tool and the place of what is no JSON', () => {
    expect(() => encodeResult(tool, { at: new Date(0) })).toThrow(
      expect.objectContaining({
        type: 'ToolFailed',
        nonRetryable: true,
        message: expect.stringMatching(/^The result of look can't be kept: at: a Date/),
      }),
    );
  });

  it('counts bytes, not characters', () => {
    expect(encodeResult(tool, 'é'.repeat(49))).toMatchObject({ type: 'text' });
    expect(() => encodeResult(tool, 'é'.repeat(50))).toThrow(
      expect.objectContaining({
        type: 'ResultTooLarge',
        nonRetryable: true,
        message: 'The result of look has 102 bytes; at most 100 are allowed (maxResultBytes). Ask for less at once.',
      }),
    );
  });
});

import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkflowData } from '../../../src/data/index.ts';
import type { Json } from '../../../src/workflow/protocol/index.ts';
import { type Open, by, newRun } from '../support.ts';

const nested = (levels: number): Json => {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

const values: readonly (readonly [string, Json])[] = [
  ['null', null],
  ['false', false],
  ['zero', 0],
  ['minus zero', -0],
  ['minus zero inside', { a: [-0, 0] }],
  ['an empty text', ''],
  ['an empty list', []],
  ['an empty object', {}],
  ['2^53 - 1', Number.MAX_SAFE_INTEGER],
  ['2^53 + 2', 2 ** 53 + 2],
  ['a large number', Number.MAX_VALUE],
  ['a small number', Number.MIN_VALUE],
  ['0.1 + 0.2', 0.1 + 0.2],
  ['large integers as text', '12345678901234567890'],
  ['text that looks like JSON', '{"a": 1}'],
  ['a text of the word null', 'null'],
  ['quotes and backslashes', String.raw`"'\'; drop table entries; -- $1 $$ ${'{'}`],
  ['control characters', '\u0001\b\t\n\r\u001f\u007f\u0085'],
  ['line separators', '\u2028\u2029'],
  ['a byte order mark', '\ufeffx'],
  ['emoji, with joiners', '👩‍👩‍👧‍👦 🏳️‍🌈'],
  ['right to left', 'שלום \u202eabc'],
  ['characters that are no characters', '\uffff\ufffe\u{10ffff}'],
  ['composed and decomposed', ['caf\u00e9', 'cafe\u0301']],
  ['keys in their order', { z: 1, a: 2, 10: 3, 9: 4, '': 5 }],
  ['keys of prototypes', JSON.parse('{"__proto__": {"x": 1}, "constructor": {"prototype": 1}, "toString": 2}') as Json],
  ['200 levels', nested(200)],
  ['a long list', Array.from({ length: 10_000 }, (_, index) => index)],
  ['a long text', 'ü'.repeat(100_000)],
];

/** How values come back, on every database. */
export function valuesSuite(open: Open): void {
  let data: WorkflowData;
  beforeAll(async () => {
    data = await open();
  });
  afterAll(() => data.close());

  describe('values', () => {
    it.each(values)('come back as they were: %s', async (_, value) => {
      const run = newRun();
      await data.write(run, { key: 'k', value }, by);
      const { value: read, bytes } = await data.read(run, 'k');
      // Tells 0 from -0, and own keys such as __proto__ from prototypes.
      expect(isDeepStrictEqual(read, value)).toBe(true);
      // The order of keys, too.
      expect(JSON.stringify(read)).toBe(JSON.stringify(value));
      const { entries } = await data.query(run, { pattern: 'k' });
      expect(isDeepStrictEqual(entries[0]?.value, value)).toBe(true);
      expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(value)));
    });

    it('may be as large as allowed, to the byte', async () => {
      const run = newRun();
      await data.write(run, { key: 'k', value: 'x'.repeat(262_142) }, by);
      expect((await data.read(run, 'k')).bytes).toBe(262_144);
      await expect(data.write(run, { key: 'k2', value: 'x'.repeat(262_143) }, by)).rejects.toMatchObject({
        name: 'DataInvalidError',
        path: 'value',
        message: 'value: has 262145 bytes of JSON; at most 262144 are allowed.',
      });
    });
  });

  describe('keys', () => {
    it.each(['k', ' ', 'a b', 'ü', '😀', 'x'.repeat(512), '../../etc', '__proto__', "'; --", '%', 'null', '\u202e'])(
      'may be %j',
      async (key) => {
        const run = newRun();
        await data.write(run, { key, value: 1 }, by);
        expect((await data.read(run, key)).key).toBe(key);
        expect((await data.list(run)).entries.map((each) => each.key)).toEqual([key]);
      },
    );

    it('are written with all that an index has to hold at its longest', async () => {
      const tenant = 't'.repeat(128);
      const all = await open({ tenant });
      const run = 'r'.repeat(1000);
      const written = await all.write(run, { key: 'k'.repeat(512), value: 1 }, { agent: 'a'.repeat(256) });
      expect(written.key).toHaveLength(512);
      await all.close();
    });
  });

  it('refuses what is not possible before anything is written', async () => {
    const run = newRun();
    await expect(data.write(run, { key: 'k', value: 'a\0b' }, by)).rejects.toThrow(
      'value: it has the character U+0000',
    );
    await expect(data.read(run, 'a\0b')).rejects.toThrow('key: it has the character U+0000');
    await expect(data.list(run, { prefix: '\ud83d' })).rejects.toThrow('half of a character');
    expect(await data.list(run)).toEqual({ entries: [] });
  });
}

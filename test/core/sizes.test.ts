import proto from '@temporalio/proto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldsSize, memoSize, payloadsSize, roughSize, truncateUtf8, utf8Length } from '../../src/core/sizes.ts';

const { Memo, Payloads } = proto.temporal.api.common.v1;

const bytes = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(127, 128, 16_383, 16_384).map(blank));
const text = fc.string({ unit: 'binary', maxLength: 150 });
const payload = fc.record({ metadata: fc.dictionary(text, bytes, { maxKeys: 3 }), data: bytes }, { requiredKeys: [] });

function blank(length: number): Uint8Array {
  return new Uint8Array(length);
}

describe('sizes are those of encoded messages:', () => {
  test('of values', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 3 }), (payloads) => {
        expect(payloadsSize({ payloads })).toBe(Payloads.encode({ payloads }).finish().length);
      }),
    );
    const kept = { payloads: [{ data: blank(3), externalPayloads: [{ sizeBytes: 1000 as never }] }] };
    expect(payloadsSize(kept)).toBe(Payloads.encode(kept).finish().length);
    expect([payloadsSize(null), payloadsSize({})]).toEqual([0, 0]);
  });

  test('of memos', () => {
    fc.assert(
      fc.property(fc.dictionary(text, payload, { maxKeys: 3 }), (fields) => {
        expect(memoSize({ fields })).toBe(Memo.encode({ fields }).finish().length);
      }),
    );
    expect(memoSize(undefined)).toBe(0);
  });

  test('of text', () => {
    fc.assert(
      fc.property(text, (some) => {
        expect(utf8Length(some)).toBe(new TextEncoder().encode(some).length);
      }),
    );
  });
});

test('changes of fields count by names and data', () => {
  expect(fieldsSize({ né: { data: blank(3), metadata: { encoding: blank(9) } }, b: {} })).toBe(7);
});

test('a rough size is about the real one', () => {
  const message = {
    payloads: [{ metadata: { encoding: blank(10) }, data: blank(1000) }],
    count: 7,
    name: 'abc',
    none: null,
  };
  expect(roughSize(message)).toBe(12 + 1002 + 2 + 5 + 2);
});

test('a text is cut between characters', () => {
  expect(['aé', 'a€é', 'a😀b'].map((some) => truncateUtf8(some, 3))).toEqual(['aé', 'a', 'a']);
  expect(truncateUtf8('a😀b', 5)).toBe('a😀');
  expect(truncateUtf8('abc', 0)).toBe('');
  fc.assert(
    fc.property(text, fc.nat(100), (some, most) => {
      const kept = truncateUtf8(some, most);
      expect(some.startsWith(kept)).toBe(true);
      expect(utf8Length(kept)).toBeLessThanOrEqual(most);
    }),
  );
});

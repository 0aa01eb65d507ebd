import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import Long from 'long';
import proto from '@temporalio/proto';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/core/record-codec.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { exampleEvents, exampleRecord } from '../../testing/conformance/store/examples.ts';

/** Anything that may stand in a record, with the values that JSON would lose. */
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => {
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toJSON', '~u', ''));
  const items = fc.array(tie('value'), { maxLength: 4 });
  return {
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('~', '~~', '~u', '~map', '~set', '~l1', '\ud800', '\u2028'),
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constantFrom(undefined, null),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((big) => Long.fromString(String(big))),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((big) => Long.fromString(String(big), true)),
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ unit: 'grapheme' }).map((text) => new TextEncoder().encode(text)),
        fc.constant(new TextEncoder().encode('\ufeff{"bom":1}')),
      ),
      items,
      items.map((list) => new Set(list)),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  };
});

describe('record codec', () => {
  test('gives back whatever it was given', () => {
    fc.assert(
      fc.property(anything, anything, (memo, timer) => {
        const record = recordWith(memo, timer);
        assert.deepStrictEqual(decodeRecord(encodeRecord(record)), record);
      }),
      { numRuns: 500 },
    );
  });

  test.each([NaN, Infinity, -Infinity, -0, 0, 1e21, 5e-324, Number.MAX_SAFE_INTEGER])(
    'gives back the number %d',
    (number) => {
      assert.deepStrictEqual(decodeRecord(encodeRecord(recordWith([number]))).memo, [number]);
    },
  );

  test('gives back bytes of every length', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) % 256);
      assert.deepStrictEqual(decodeRecord(encodeRecord(recordWith(bytes))), recordWith(bytes));
    }
  });

  test('keeps megabytes', () => {
    const bytes = new Uint8Array(3_000_000).fill(255);
    assert.deepStrictEqual(decodeRecord(encodeRecord(recordWith(bytes))), recordWith(bytes));
  });

  test('writes messages by their fields, not by toJSON, and gives them back as plain objects', () => {
    const { Payload } = proto.temporal.api.common.v1;
    const data = Buffer.from('{"a":1}');
    const decoded = Payload.decode(
      Payload.encode({ metadata: { encoding: Buffer.from('json/plain') }, data }).finish(),
    );
    const record = decodeRecord(encodeRecord(recordWith(decoded, exampleEvents(1, 1)[0])));
    assert.deepStrictEqual(record.memo, {
      metadata: { encoding: new Uint8Array(Buffer.from('json/plain')) },
      data: new Uint8Array(data),
      externalPayloads: [],
    });
    assert.deepStrictEqual(record.searchAttributes, exampleEvents(1, 1)[0]);
  });

  test('does not let a key reach the prototype', () => {
    const fields = JSON.parse('{"__proto__":{"polluted":true},"toJSON":1}') as object;
    const { memo } = decodeRecord(encodeRecord(recordWith(fields)));
    expect(Object.keys(memo ?? {})).toEqual(['__proto__', 'toJSON']);
    expect(Object.getPrototypeOf(memo)).toBe(Object.prototype);
    expect((memo as { polluted?: true }).polluted).toBeUndefined();
  });

  test('is text that a person can read', () => {
    const text = encodeRecord(exampleRecord('a', { requestIds: new Set(['r']) }));
    expect(text).toMatch(/^\{"version":1,"record":\{"namespace":"default","workflowId":"a"/);
    expect(text).toContain('"requestIds":["~set","r"]');
    expect(encodeRecord(recordWith(Buffer.from('{"n":1}')))).toContain(String.raw`"memo":"~t{\"n\":1}"`);
  });

  test.each([() => 1, Symbol('s'), 1n, new Date(0)])('refuses %s', (value) => {
    expect(() => encodeRecord(recordWith(value))).toThrow(TypeError);
  });

  test('says so when it cannot read a text', () => {
    expect(() => decodeRecord('{"version":2,"record":{}}')).toThrow(/format 2; this version of Perdure reads format 1/);
    for (const text of ['', '{', '{}', '[]', 'null', '3', '{"version":1,"record":{"a":"~?"}}']) {
      expect(() => decodeRecord(text), text).toThrow(SyntaxError);
    }
  });
});

/** A record with arbitrary values in two places that are typed more strictly. */
function recordWith(memo: unknown, searchAttributes?: unknown): RunRecord {
  return { ...exampleRecord('a'), memo, searchAttributes } as RunRecord;
}

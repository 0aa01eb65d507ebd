import proto from '@temporalio/proto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attachPayloads, detachPayloads, mayRefer, namesIn } from '../../../src/engines/bullmq/payload-references.ts';
import type { DetachedData } from '../../../src/engines/bullmq/payload-references.ts';

const { Payloads } = proto.temporal.api.common.v1;
const THRESHOLD = 8;

const bytes = fc.uint8Array({ maxLength: 20 });
const payload = fc.record({
  metadata: fc.dictionary(fc.constantFrom('encoding', 'perdure-data', '__proto__'), bytes, {
    noNullPrototype: true,
  }),
  data: bytes,
});
/** What records and events are made of. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    payload,
    fc.string(),
    bytes,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.record({ data: fc.string(), metadata: tie('tree'), more: fc.integer() }),
    fc.array(fc.tuple(fc.integer(), tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
}));

describe('payloads beside what they belong to', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const kept = new Map<string, Uint8Array>();
        const detached = detachPayloads(value, THRESHOLD, ({ name, data }) => kept.set(name, data));
        expect([...namesIn(detached)].toSorted()).toEqual([...kept.keys()].toSorted());
        expect(attachPayloads(detached, kept)).toStrictEqual(value);
      }),
    );
  });

  test('go only above the threshold, and each once', () => {
    const small = { metadata: {}, data: new Uint8Array(THRESHOLD) };
    const large = { metadata: {}, data: new Uint8Array(THRESHOLD + 1) };
    const kept: DetachedData[] = [];
    const value = { payloads: [small, large, { ...large, data: large.data.slice() }] };
    const detached = detachPayloads(value, THRESHOLD, (data) => kept.push(data));
    expect(detached.payloads[0]).toBe(small);
    expect(detached.payloads[1]?.data).toBeUndefined();
    expect(new Set(kept.map(({ name }) => name)).size).toBe(1);
    expect(value.payloads[1]).toBe(large);
    expect(detachPayloads([small], THRESHOLD, () => expect.unreachable())).toEqual([small]);
  });

  test('are seen in what was encoded', () => {
    const large = { metadata: { encoding: new Uint8Array([1]) }, data: new Uint8Array(THRESHOLD + 1) };
    const encode = (value: object): Buffer => Buffer.from(Payloads.encode({ payloads: [value] }).finish());
    expect(mayRefer(encode(large))).toBe(false);
    expect(mayRefer(encode(detachPayloads(large, THRESHOLD, () => undefined)))).toBe(true);
  });

  test('are missed when they are gone', () => {
    const detached = detachPayloads({ data: new Uint8Array(9) }, THRESHOLD, () => undefined);
    expect(() => attachPayloads(detached, new Map())).toThrow(RangeError);
  });
});

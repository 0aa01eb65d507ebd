import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpack } from '../../src/codec/compression.ts';
import { converterFromEnv } from '../../src/codec/data-converter.ts';
import { PayloadCodecError } from '../../src/codec/errors.ts';
import { createPayloadCodec } from '../../src/codec/payload-codec.ts';
import { ConfigurationError } from '../../src/engine/index.ts';

interface Vectors {
  readonly keys: Readonly<Record<string, string>>;
  readonly payloads: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly payload: { readonly metadata: Readonly<Record<string, string>>; readonly data: string };
  }[];
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vectors;

const key = (): string => randomBytes(32).toString('base64');
const text = (data: Uint8Array | null | undefined): string => Buffer.from(data ?? []).toString('latin1');
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown => payload && defaultPayloadConverter.fromPayload(payload);
const fieldOf = (payload: Payload | undefined, name: string): string => text(payload?.metadata?.[name]);

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return PayloadCodecError.is(error) ? error.reason : `no codec error: ${String(error)}`;
}

describe('a payload codec', () => {
  it('gives back what it was given, whatever that is', async () => {
    const codec = createPayloadCodec({ keys: { a: key() } });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), fc.string(), async (data, encoding) => {
        const payload = { metadata: { encoding: Buffer.from(encoding) }, data };
        const [encoded] = await codec.encode([payload]);
        const [decoded] = await codec.decode(encoded ? [encoded] : []);
        expect(text(decoded?.data)).toBe(text(data));
        expect(fieldOf(decoded, 'encoding')).toBe(Buffer.from(encoding).toString('latin1'));
      }),
      { numRuns: 100 },
    );
  });

  it('encrypts the same differently each time, and says how to read it', async () => {
    const codec = createPayloadCodec({ keys: { 'key-1': key() } });
    const [one, two] = await codec.encode([payloadOf('the same'), payloadOf('the same')]);
    expect(text(one?.data)).not.toBe(text(two?.data));
    expect(text(one?.data)).not.toContain('the same');
    expect(fieldOf(one, 'encoding')).toBe('binary/perdure-encrypted');
    expect(fieldOf(one, 'cipher')).toBe('AES-256-GCM');
    expect(fieldOf(one, 'key-id')).toBe('key-1');
  });

  it('packs what is large, when that helps', async () => {
    const codec = createPayloadCodec({ keys: { a: key() } });
    const large = 'Where is my order? '.repeat(500);
    const [packed, small, random] = await codec.encode([
      payloadOf(large),
      payloadOf('small'),
      { metadata: {}, data: randomBytes(5000) },
    ]);
    expect(fieldOf(packed, 'compression')).toMatch(/^(zstd|gzip)$/);
    expect(packed?.data?.length).toBeLessThan(large.length / 10);
    expect([fieldOf(small, 'compression'), fieldOf(random, 'compression')]).toEqual(['none', 'none']);
    expect(valueOf((await codec.decode(packed ? [packed] : []))[0])).toBe(large);
  });

  it('leaves what no codec has written as it is', async () => {
    const codec = createPayloadCodec({ keys: { a: key() } });
    expect(valueOf((await codec.decode([payloadOf('from before')]))[0])).toBe('from before');
  });

  it('reads what older keys have encrypted, and encrypts with the current one', async () => {
    const [old, young] = [key(), key()];
    const before = createPayloadCodec({ keys: { old } });
    const after = createPayloadCodec({ keys: { old, young }, current: 'young' });
    const [written] = await before.encode([payloadOf('long ago')]);
    expect(valueOf((await after.decode(written ? [written] : []))[0])).toBe('long ago');
    const encoded = await after.encode([payloadOf('now')]);
    expect(fieldOf(encoded[0], 'key-id')).toBe('young');
    expect(await reasonOf(before.decode(encoded))).toBe('unknown_key');
  });

  it('notices any bit that was changed, in the data and in what says how to read it', async () => {
    const codec = createPayloadCodec({ keys: { a: key(), b: key() }, current: 'a' });
    const encoded = await codec.encode([payloadOf('x'.repeat(2000))]);
    const [payload] = encoded;
    const data = payload?.data ?? new Uint8Array();
    await fc.assert(
      fc.asyncProperty(fc.nat(data.length * 8 - 1), async (bit) => {
        const changed = Uint8Array.from(data);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(await reasonOf(codec.decode([{ metadata: payload?.metadata ?? {}, data: changed }]))).toBe('tampered');
      }),
    );
    for (const [name, value] of [
      ['key-id', 'b'],
      ['compression', 'none'],
    ] as const) {
      const metadata = { ...payload?.metadata, [name]: Buffer.from(value) };
      expect(await reasonOf(codec.decode([{ metadata, data }]))).toBe('tampered');
    }
    expect(await reasonOf(codec.decode([{ metadata: payload?.metadata ?? {}, data: data.subarray(0, 20) }]))).toBe(
      'malformed',
    );
  });

  it('unpacks no more than it may', async () => {
    const { gzipSync } = await import('node:zlib');
    expect(await reasonOf(unpack('gzip', gzipSync(Buffer.alloc(1_000_000)), 10_000))).toBe('too_large');
    expect(await reasonOf(unpack('gzip', Buffer.from('no gzip'), 10_000))).toBe('malformed');
    expect(await reasonOf(unpack('lzma', Buffer.from(''), 10_000))).toBe('unsupported');
  });

  it.each(vectors.payloads)('reads what versions before have written: $name', async ({ payload, value }) => {
    const codec = createPayloadCodec({ keys: vectors.keys, current: 'one' });
    const metadata = Object.fromEntries(
      Object.entries(payload.metadata).map(([name, field]) => [name, Buffer.from(field)]),
    );
    const [decoded] = await codec.decode([{ metadata, data: Buffer.from(payload.data, 'base64') }]);
    expect(valueOf(decoded)).toEqual(value);
  });
});

describe('keys', () => {
  it.each([
    ['are missing', { keys: {} }],
    ['are too short', { keys: { a: Buffer.alloc(31).toString('base64') } }],
    ['are no base64', { keys: { a: `${'*'.repeat(43)}=` } }],
    ['are two, and none is the current one', { keys: { a: key(), b: key() } }],
    ['are not there', { keys: { a: key() }, current: 'b' }],
    ['have no usable id', { keys: { 'a:b': key() } }],
  ])('that %s are refused', (_, options) => {
    expect(() => createPayloadCodec(options)).toThrow(ConfigurationError);
  });

  it('come from the environment: the first one encrypts, all decrypt', async () => {
    const [one, two] = [key(), key()];
    const converter = converterFromEnv({ PERDURE_PAYLOAD_KEYS: `two:${two}, one:${one}` });
    const [codec] = converter?.payloadCodecs ?? [];
    const [encoded] =
      (await codec?.encode([payloadOf('now')], { type: 'workflow', namespace: '', workflowId: '' })) ?? [];
    expect(fieldOf(encoded, 'key-id')).toBe('two');
    expect(converterFromEnv({ PERDURE_PAYLOAD_KEYS: `two:${two}, one:${one}` })).toBe(converter);
    expect(converterFromEnv({})).toBeUndefined();
  });

  it.each(['no-colon', `a:${key()},a:${key()}`, 'a:short', ','])('that mean nothing are refused', (keys) => {
    expect(() => converterFromEnv({ PERDURE_PAYLOAD_KEYS: keys })).toThrow(ConfigurationError);
  });

  it('are never part of an error', () => {
    const secret = key();
    for (const keys of [secret, `a:${secret},a:${secret}`, `a:${secret.slice(0, 40)}`, `${secret}:a`])
      expect(() => converterFromEnv({ PERDURE_PAYLOAD_KEYS: keys })).not.toThrow(secret.slice(0, 20));
  });
});

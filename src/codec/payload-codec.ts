import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { pack, unpack } from './compression.ts';
import { PayloadCodecError } from './errors.ts';
import { type KeyRing, keyRing } from './keys.ts';

/** How payloads are kept. */
export interface PayloadCodecOptions {
  /** By their ids: 32 bytes each, as such or as base64. Those that encrypt no more stay here as long as something is left that they have encrypted. */
  readonly keys: Readonly<Record<string, string | Uint8Array>>;
  /** Id of the key that encrypts. Default: the only one. */
  readonly current?: string;
  /** Whether large payloads are packed first, with zstd, or gzip before Node 22.15. Default: `true`. */
  readonly compress?: boolean;
}

/** Of payloads that are ours. */
const ENCODING = 'binary/perdure-encrypted';
const CIPHER = 'AES-256-GCM';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
/** Of what a payload may unpack to. Bytes. */
const MOST_BYTES = 64 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Encrypts everything that a run is given, says and returns, before it leaves the process, on every engine: AES-256-GCM with a random nonce for each
 * payload. Its metadata say how to read it (`encoding`, `cipher`, `key-id`, `compression`), and are protected with it. What was written without a codec stays
 * readable.
 * @throws ConfigurationError when a key is no key.
 * @example
 * const codec = createPayloadCodec({ keys: { '2026-11': process.env.PAYLOAD_KEY ?? '' } });
 */
export function createPayloadCodec(options: PayloadCodecOptions): PayloadCodec {
  const { keys, current, compress = true } = options;
  return codecOf(keyRing(keys, current), compress);
}

/** A codec for keys that were checked. */
export function codecOf(ring: KeyRing, compress: boolean): PayloadCodec {
  return {
    encode: async (payloads) => await Promise.all(payloads.map((payload) => encrypt(payload, ring, compress))),
    decode: async (payloads) => await Promise.all(payloads.map((payload) => decrypt(payload, ring))),
  };
}

async function encrypt(payload: Payload, { keys, current }: KeyRing, compress: boolean): Promise<Payload> {
  const plain = PayloadMessage.encode(payload).finish();
  const { compression, data } = compress ? await pack(plain) : { compression: 'none', data: plain };
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', keyOf(keys, current), nonce);
  cipher.setAAD(headOf(current, compression));
  const sealed = [nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()];
  return {
    metadata: {
      encoding: encoder.encode(ENCODING),
      cipher: encoder.encode(CIPHER),
      'key-id': encoder.encode(current),
      compression: encoder.encode(compression),
    },
    data: new Uint8Array(Buffer.concat(sealed)),
  };
}

async function decrypt(payload: Payload, { keys }: KeyRing): Promise<Payload> {
  if (textOf(payload, 'encoding') !== ENCODING) return payload;
  const cipher = textOf(payload, 'cipher');
  if (cipher !== CIPHER)
    throw new PayloadCodecError('malformed', `A payload is encrypted with '${cipher}' instead of ${CIPHER}.`);
  const compression = textOf(payload, 'compression');
  const sealed = open(payload.data ?? new Uint8Array(), keys, textOf(payload, 'key-id'), compression);
  const plain = await unpack(compression, sealed, MOST_BYTES);
  try {
    return PayloadMessage.decode(plain);
  } catch (cause) {
    throw new PayloadCodecError('malformed', 'A payload is no payload when it is decrypted.', { cause });
  }
}

function open(data: Uint8Array, keys: KeyRing['keys'], id: string, compression: string): Uint8Array {
  const key = keyOf(keys, id);
  if (data.length < NONCE_LENGTH + TAG_LENGTH) throw new PayloadCodecError('malformed', 'A payload is cut off.');
  const end = data.length - TAG_LENGTH;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE_LENGTH), {
      authTagLength: TAG_LENGTH,
    });
    decipher.setAAD(headOf(id, compression)).setAuthTag(data.subarray(end));
    return Buffer.concat([decipher.update(data.subarray(NONCE_LENGTH, end)), decipher.final()]);
  } catch (cause) {
    throw new PayloadCodecError(
      'tampered',
      `A payload was changed, or the key '${id}' is not the one that it was encrypted with.`,
      { cause },
    );
  }
}

function keyOf(keys: KeyRing['keys'], id: string): Uint8Array {
  const key = keys.get(id);
  if (key !== undefined) return key;
  throw new PayloadCodecError(
    'unknown_key',
    `A payload was encrypted with the key '${id}', which this process does not have. Add it to its keys.`,
  );
}

/** What is protected beside the data. */
function headOf(id: string, compression: string): Uint8Array {
  return encoder.encode(JSON.stringify([ENCODING, CIPHER, id, compression]));
}

function textOf({ metadata }: Payload, name: string): string {
  return decoder.decode(metadata?.[name] ?? new Uint8Array());
}

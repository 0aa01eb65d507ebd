import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { fileURLToPath } from 'node:url';
import { parseKeys } from './keys.ts';
import { codecOf, createPayloadCodec, type PayloadCodecOptions } from './payload-codec.ts';

/** Variable with the keys. */
const PAYLOAD_KEYS = 'PERDURE_PAYLOAD_KEYS';

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** Module of a failure converter that puts messages and stacks of failures where codecs reach them. */
const FAILURE_CONVERTER_PATH = fileURLToPath(new URL(`./failure-converter.${ENDING}`, import.meta.url));

/**
 * A data converter that encrypts payloads (`createPayloadCodec`), and messages and stacks of failures with them: for `client.dataConverter` of an
 * engine's configuration. Clients and workers need the same keys.
 * @throws ConfigurationError when a key is no key.
 * @example
 * const engine = { type: 'bullmq', client: { dataConverter: encryptPayloads({ keys: { '2026-11': key } }) } } as const;
 */
export function encryptPayloads(options: PayloadCodecOptions): DataConverter {
  return converterOf(createPayloadCodec(options));
}

function converterOf(codec: PayloadCodec): DataConverter {
  return { payloadCodecs: [codec], failureConverterPath: FAILURE_CONVERTER_PATH };
}

/** One for the same keys: engines that are to be one have to have the very same codec. */
const known = new Map<string, DataConverter>();

/**
 * How payloads are encrypted, when the environment says so: `PERDURE_PAYLOAD_KEYS` is `id:base64`, several separated by commas; the first one encrypts, and
 * all decrypt. Failures are encrypted too.
 * @throws ConfigurationError when a key is no key.
 */
export function converterFromEnv(env: Readonly<Record<string, string | undefined>>): DataConverter | undefined {
  const text = env[PAYLOAD_KEYS]?.trim();
  if (!text) return undefined;
  const found = known.get(text);
  if (found !== undefined) return found;
  const made = converterOf(codecOf(parseKeys(text, PAYLOAD_KEYS), true));
  known.set(text, made);
  return made;
}

import type { Payloads } from './proto.ts';

const encoder = new TextEncoder();

/** One string as encoded values, as Temporal's server encodes what it says itself. */
export function jsonPayloads(text: string): Payloads {
  return {
    payloads: [{ metadata: { encoding: encoder.encode('json/plain') }, data: encoder.encode(JSON.stringify(text)) }],
  };
}

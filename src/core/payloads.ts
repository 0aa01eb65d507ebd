import type { Payload, Payloads } from './proto.ts';

const encoder = new TextEncoder();

/** One string as encoded values, as Temporal's server encodes what it says itself. */
export function jsonPayloads(text: string): Payloads {
  return {
    payloads: [{ metadata: { encoding: encoder.encode('json/plain') }, data: encoder.encode(JSON.stringify(text)) }],
  };
}

/** A value as an encoded search attribute. @param type as payloads name it. */
export function jsonPayload(value: unknown, type: string): Payload {
  const metadata = { encoding: encoder.encode('json/plain'), type: encoder.encode(type) };
  return { metadata, data: encoder.encode(JSON.stringify(value)) };
}

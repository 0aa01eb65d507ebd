import type { Command, Payloads } from '../proto.ts';
import type { EventAttributes } from '../run/draft.ts';

const encoder = new TextEncoder();

/** One string as encoded values, as Temporal's server encodes what it says itself. */
export function jsonPayloads(text: string): Payloads {
  return {
    payloads: [{ metadata: { encoding: encoder.encode('json/plain') }, data: encoder.encode(JSON.stringify(text)) }],
  };
}

/** A command's summary and details, which go with the event. */
export function userMetadata(command: Command): EventAttributes {
  return command.userMetadata ? { userMetadata: command.userMetadata } : {};
}

import type { Client } from '@temporalio/client';
import type { Payload, Payloads } from '../../src/core/proto.ts';

/** Reads what runs were given and gave back, through the client's data converter. */
export type ReadPayloads = (payloads: Payloads | readonly Payload[] | null | undefined) => Promise<unknown[]>;

/** Reads payloads as a client would. */
export function payloadReader(client: Client): ReadPayloads {
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  return async (source) => {
    let payloads: Payload[] = [...(isList(source) ? source : (source?.payloads ?? []))];
    for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
    return payloads.map((payload) => payloadConverter.fromPayload(payload));
  };
}

function isList(source: Payloads | readonly Payload[] | null | undefined): source is readonly Payload[] {
  return Array.isArray(source);
}

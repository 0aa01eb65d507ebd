import { type Client, type ListOptions, WorkflowClient, type WorkflowExecutionInfo } from '@temporalio/client';
import type { DataConverter, LoadedDataConverter, PayloadCodec } from '@temporalio/common';

const listers = new WeakMap<Client, WorkflowClient>();

/**
 * The rows of a list. What cannot be read of a row's memo, because its key is missing here or it was changed, is `undefined` in it: one such run must
 * not hide all the others.
 */
export function listRows(client: Client, options: ListOptions): AsyncIterable<WorkflowExecutionInfo> {
  let lister = listers.get(client);
  if (lister === undefined) {
    const { connection } = client;
    const { namespace, loadedDataConverter } = client.options;
    // The official client takes one that is loaded already, although its types do not say so.
    const dataConverter = forgiving(loadedDataConverter) as DataConverter;
    lister = new WorkflowClient({ connection, namespace, dataConverter });
    listers.set(client, lister);
  }
  return lister.list(options);
}

/** Reads what it can, and gives `undefined` for all else. */
function forgiving(converter: LoadedDataConverter): LoadedDataConverter {
  const { payloadConverter } = converter;
  return {
    ...converter,
    payloadCodecs: converter.payloadCodecs.map(forgivingCodec),
    payloadConverter: {
      toPayload: (value, context) => payloadConverter.toPayload(value, context),
      fromPayload: (payload, context) => {
        try {
          return payloadConverter.fromPayload(payload, context);
        } catch {
          return undefined as never;
        }
      },
    },
  };
}

/** Leaves as it is what it cannot decode. */
function forgivingCodec(codec: PayloadCodec): PayloadCodec {
  return {
    encode: async (payloads) => await codec.encode(payloads),
    decode: async (payloads) => {
      const decoded = payloads.map(async (payload) => await codec.decode([payload]).catch(() => [payload]));
      return (await Promise.all(decoded)).flat();
    },
  };
}

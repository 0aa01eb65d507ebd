import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { decodePayload } from '../../../src/agent/conversation/payloads.ts';
import { loadDataConverter } from '../../../src/official.ts';
import { ExternalStorage, ExternalStorageRunner, StorageDriverClaim } from '../../../src/official-client.ts';

const context = { type: 'workflow', namespace: 'default', workflowId: 'w' } as const;
const reverse = async (payloads: Payload[]): Promise<Payload[]> =>
  payloads.map((payload) => ({ ...payload, data: (payload.data ?? new Uint8Array()).toReversed() }));
const reversing: PayloadCodec = { encode: reverse, decode: reverse };

describe('a payload', () => {
  it('that is stored elsewhere is fetched before it is decrypted', async () => {
    const kept: Payload[] = [];
    const externalStorage = new ExternalStorage({
      payloadSizeThreshold: 0,
      drivers: [
        {
          name: 'memory',
          type: 'test',
          store: async (_, payloads) =>
            payloads.map((payload) => new StorageDriverClaim({ at: String(kept.push(payload) - 1) })),
          retrieve: async (_, claims) => claims.flatMap(({ claimData }) => kept[Number(claimData['at'])] ?? []),
        },
      ],
    });
    const encrypted = await reverse([defaultPayloadConverter.toPayload({ said: 'hello' })]);
    const [reference = {}] = await new ExternalStorageRunner(externalStorage).store(encrypted);
    const converter = loadDataConverter({ externalStorage, payloadCodecs: [reversing] });
    await expect(decodePayload(converter, reference, context)).resolves.toEqual({ said: 'hello' });
    const [plain = {}] = encrypted;
    await expect(decodePayload(converter, plain, context)).resolves.toEqual({ said: 'hello' });
  });
});

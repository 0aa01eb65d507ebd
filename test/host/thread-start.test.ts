import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { activationDefinitions } from '../../src/host/activation-definitions.ts';
import type { ThreadSetup } from '../../src/host/messages.ts';
import { bundleFixtures } from './driver.ts';

interface Loaded {
  readonly kind: string;
  readonly error?: Error;
  readonly files?: readonly string[];
}

it('starts a workflow thread without gRPC, the native library and the definitions of all messages', async () => {
  const setup: ThreadSetup = {
    bundle: await bundleFixtures(),
    registeredActivityNames: new Set(),
    asksAboutPatches: false,
    stackTraces: true,
    clockGiven: false,
    types: activationDefinitions(),
    progress: new SharedArrayBuffer(4),
  };
  const channel = new MessageChannel();
  const worker = new Worker(new URL('./fixtures/loaded-modules.ts', import.meta.url), {
    workerData: channel.port2,
    transferList: [channel.port2],
  });
  channel.port1.postMessage(setup);
  try {
    const said = await new Promise<readonly Loaded[]>((resolve, reject) => {
      const messages: Loaded[] = [];
      worker.on('error', reject);
      worker.on('message', (message: Loaded) => {
        messages.push(message);
        if (message.kind === 'loaded') resolve(messages);
      });
    });
    expect(said.map(({ kind, error }) => error?.message ?? kind)).toEqual(['ready', 'loaded']);
    const files = said.at(-1)?.files ?? [];
    expect(files.filter((file) => file.includes('/vm-shared.js'))).toHaveLength(1);
    const heavy =
      /@grpc|core-bridge|@temporalio\/(proto|client)\/|worker\/lib\/(index|worker|errors)\.js|rxjs|webpack/u;
    expect(files.filter((file) => heavy.test(file))).toEqual([]);
  } finally {
    await worker.terminate();
  }
});

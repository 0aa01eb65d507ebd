import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, EngineUnavailableError } from 'perdure/engine';
import { createTemporalEngine, type TemporalEngineConfig } from 'perdure/temporal';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findRefusal } from '../../../src/engines/temporal/refusal.ts';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
const workflowsPath = fileURLToPath(new URL('../workflows.ts', import.meta.url));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

describe('the Temporal engine without a server', () => {
  it('says that nobody answers', async () => {
    const config = { connection: { address: `127.0.0.1:${await freePort()}`, connectTimeout: 300 } };
    const error = await createTemporalEngine(config, {}).catch((reason: unknown) => reason);
    expect(EngineUnavailableError.is(error)).toBe(true);
    expect(error).toMatchObject({ message: expect.stringContaining(`answered at ${config.connection.address}`) });
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', 'no-such-host.invalid'])(
    'tells refused connections, before the time to connect is up: %s',
    async (host) => {
      const at = `${host}:${await freePort()}`;
      const error = await createTemporalEngine({ connection: { address: at } }, {}).catch((reason: unknown) => reason);
      expect(EngineUnavailableError.is(error)).toBe(true);
      expect(error).toMatchObject({ message: expect.stringMatching(/^No Temporal server listens at .*start-dev/) });
      expect(error).toMatchObject({ message: expect.stringContaining(at) });
    },
  );

  it('does not mistake a server that does not answer for one that is not there', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    expect(await findRefusal(`127.0.0.1:${port}`, 60_000)).toBeUndefined();
  });
});

describe.skipIf(address === undefined)('the Temporal engine on a server', () => {
  const connect = (config: TemporalEngineConfig = {}): ReturnType<typeof createTemporalEngine> =>
    createTemporalEngine(config, { TEMPORAL_ADDRESS: address });

  it('runs workflows with the configured defaults', async () => {
    const taskQueue = `temporal-engine-${crypto.randomUUID()}`;
    const engine = await connect({
      workers: { taskQueue, maxConcurrentActivities: 7, maxCachedWorkflows: 5, gracefulShutdownTimeout: '1s' },
      workflowDefaults: { workflowRunTimeout: '1h', workflowTaskTimeout: '7s' },
    });
    const worker = await engine.createWorker({
      workflowsPath,
      activities: { greet: async (name: string) => `Hello, ${name}` },
    });
    expect(worker.options).toMatchObject({ taskQueue, maxCachedWorkflows: 5, shutdownGraceTimeMs: 1000 });
    const result = await worker.runUntil(async () => {
      const options = {
        taskQueue,
        workflowId: crypto.randomUUID(),
        args: ['World'],
        workflowTaskTimeout: '9s',
      } as const;
      const handle = await engine.client.workflow.start('greetings', options);
      const { raw } = await handle.describe();
      expect(raw.executionConfig?.workflowRunTimeout?.seconds?.toNumber()).toBe(3600);
      expect(raw.executionConfig?.defaultWorkflowTaskTimeout?.seconds?.toNumber()).toBe(9);
      await expect(engine.close()).rejects.toThrow('Workers hold a reference');
      return handle.result();
    });
    expect(result).toBe('Hello, World');
    await engine.close();
    await engine.close();
  });

  it('tells what the cluster is and how it is', async () => {
    const engine = await connect({ workers: { taskQueue: 'nobody' } });
    await expect(engine.info()).resolves.toMatchObject({
      name: 'temporal',
      version: expect.stringMatching(/^\d+\./),
      features: expect.arrayContaining(['supportsSchedules']),
      limits: expect.any(Object),
    });
    await expect(engine.health()).resolves.toMatchObject({
      status: 'healthy',
      activeRuns: expect.any(Number),
      queuedRuns: 0,
      error: undefined,
    });
    await engine.close();
    await expect(engine.health()).resolves.toMatchObject({ status: 'unhealthy', error: expect.any(String) });
  });

  it('names a namespace that does not exist', async () => {
    const error = await connect({ connection: { namespace: 'nowhere' } }).catch((reason: unknown) => reason);
    expect(ConfigurationError.is(error)).toBe(true);
    expect(error).toMatchObject({ path: 'connection.namespace' });
  });
});

import { Socket } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type AdapterSource,
  bullmq,
  createExecutionEngine,
  createWorkflowEngineAdapter,
  embedded,
  temporal,
} from '../../src/adapters/index.ts';
import { connect } from '../../src/client/connect.ts';
import { ConfigurationError } from '../../src/engine/index.ts';

// So that loading takes no test's time.
beforeAll(async () => {
  await import('../../src/engines/embedded/index.ts');
  await import('../../src/engines/bullmq/index.ts');
  await import('../../src/engines/temporal/index.ts');
}, 60_000);

/** Type, configuration, the path that is wrong, and a part of what is said to be done about it. */
type Case = readonly [string, unknown, string, string];

const onTemporal = (config: unknown, path: string, fix: string): Case => ['temporal', config, path, fix];
const onRedis = (config: unknown, path: string, fix: string): Case => ['bullmq', config, path, fix];
const onFile = (config: unknown, path: string, fix: string): Case => ['embedded', config, path, fix];
const job = (options: object): object => ({ queues: { 'my-queue': { defaultJobOptions: options } } });

const wrong: readonly Case[] = [
  onTemporal({ connection: 'localhost:7233' }, 'connection', 'Give an object.'),
  onTemporal({ connection: { address: 'https://there' } }, 'connection.address', "Use 'host' or 'host:port'"),
  onTemporal({ connection: { adress: 'there' } }, 'connection.adress', 'Known here: address, namespace, tls'),
  onTemporal({ connection: { namespace: '' } }, 'connection.namespace', 'Give a string that is not empty.'),
  onTemporal({ connection: { tls: { clientCert: 'x' } } }, 'connection.tls.clientCert', 'Known here: clientCertPath'),
  onTemporal({ connection: { tls: { clientCertPath: '/no/such' } } }, 'connection.tls.clientCertPath', ''),
  onTemporal({ connection: { tls: 1 } }, 'connection.tls', 'Give an object.'),
  onTemporal({ connection: { apiKey: 5 } }, 'connection.apiKey', 'Give a string that is not empty.'),
  onTemporal({ workers: { taskQueue: '' } }, 'workers.taskQueue', 'Give a string that is not empty.'),
  onTemporal({ workers: { maxConcurrentWorkflows: '200' } }, 'workers.maxConcurrentWorkflows', 'at least 1'),
  onTemporal({ workers: { maxConcurrentActivities: 0 } }, 'workers.maxConcurrentActivities', 'at least 1'),
  onTemporal({ workers: { maxCachedWorkflows: -1 } }, 'workers.maxCachedWorkflows', 'at least 0'),
  onTemporal({ workers: { enableLogging: 'no' } }, 'workers.enableLogging', 'Give a boolean.'),
  onTemporal({ workers: { gracefulShutdownTimeout: 'soon' } }, 'workers.gracefulShutdownTimeout', "such as '30s'"),
  onTemporal({ workers: { workerOptions: {} } }, 'workers.workerOptions', 'Give `maxCachedWorkflows`'),
  onTemporal({ workflowDefaults: { workflowRunTimeout: '2 hous' } }, 'workflowDefaults.workflowRunTimeout', "'30s'"),
  onTemporal({ workflowDefaults: { retryPolicy: {} } }, 'workflowDefaults.retryPolicy', 'Move it to `retryPolicy`.'),
  onTemporal({ retryPolicy: { backoffCoefficient: 0 } }, 'retryPolicy.backoffCoefficient', 'at least 1'),
  onTemporal({ retryPolicy: { maximumAttempts: 0 } }, 'retryPolicy.maximumAttempts', 'at least 1'),
  onTemporal({ retryPolicy: { maximumInterval: '0.1s' } }, 'retryPolicy.maximumInterval', 'initialInterval'),
  onTemporal({ namespace: 'default' }, 'namespace', 'Move it to `connection.namespace`.'),
  onTemporal({ taskQueue: 'agents' }, 'taskQueue', 'Move it to `workers.taskQueue`.'),
  onRedis({ redis: 'localhost:6379' }, 'redis', 'Give redis://user:password@host:port/database'),
  onRedis({ redis: { host: 7 } }, 'redis.host', 'Give a string that is not empty.'),
  onRedis({ redis: { hots: 'there' } }, 'redis.hots', 'Known here: url, cluster, host, port'),
  onRedis({ redis: { port: 0 } }, 'redis.port', 'Give an integer from 1 to 65535.'),
  onRedis({ redis: { db: 'runs' } }, 'redis.db', 'at least 0'),
  onRedis({ redis: { keyPrefix: 'mine:' } }, 'redis.keyPrefix', 'Use `prefix` of the engine.'),
  onRedis({ redis: { retryDelayOnFailover: 100 } }, 'redis.retryDelayOnFailover', '`redis.cluster.options.'),
  onRedis({ redis: { dropBufferSupport: true } }, 'redis.dropBufferSupport', 'Leave it out.'),
  onRedis({ redis: { stringNumbers: true } }, 'redis.stringNumbers', 'Leave it out.'),
  onRedis({ redis: { socket: { host: 'there' } } }, 'redis.socket', 'Give `host`, `port` and `tls`'),
  onRedis({ redis: { tls: true } }, 'redis.tls', 'Give the options of tls.connect()'),
  onRedis({ redis: { cluster: { nodes: [] } } }, 'redis.cluster.nodes', 'Give a list such as'),
  onRedis({ redis: { cluster: { nodes: [{}], redisOptions: {} } } }, 'redis.cluster.redisOptions', 'Known here: nodes'),
  onRedis({ connection: { host: 'there' } }, 'connection', 'Use `redis`.'),
  onRedis({ queues: { 'my-queue': 5 } }, 'queues.my-queue', 'Give an object.'),
  onRedis({ queues: { 'my-queue': { attempts: 3 } } }, 'queues.my-queue.attempts', 'Move it to `defaultJobOptions`.'),
  onRedis(job({ attempts: 0 }), 'queues.my-queue.defaultJobOptions.attempts', 'at least 1'),
  onRedis(job({ removeOnComplete: '100' }), 'queues.my-queue.defaultJobOptions.removeOnComplete', 'Give a boolean.'),
  onRedis(job({ removeOnFail: -1 }), 'queues.my-queue.defaultJobOptions.removeOnFail', 'at least 0'),
  onRedis(job({ backoff: -1 }), 'queues.my-queue.defaultJobOptions.backoff', 'milliseconds from 0 on'),
  onRedis(
    job({ backoff: { type: 'exponential', delay: 2000, maxDelay: 30_000 } }),
    'queues.my-queue.defaultJobOptions.backoff.maxDelay',
    '`maximumInterval` in their retry policy',
  ),
  onRedis(job({ repeat: {} }), 'queues.my-queue.defaultJobOptions.repeat', 'Use `engine.jobSchedulers`.'),
  onRedis({ queues: { settings: { stalledInterval: 0 } } }, 'queues.settings.stalledInterval', 'from 1 on'),
  onRedis({ queues: { settings: { guardInterval: 5 } } }, 'queues.settings.guardInterval', 'Leave it out.'),
  onRedis({ workers: { concurrency: 0 } }, 'workers.concurrency', 'at least 1'),
  onRedis({ workers: { lockDuration: 1 } }, 'workers.lockDuration', 'from 100 on'),
  onRedis({ workers: { maxStalledCount: 0.5 } }, 'workers.maxStalledCount', 'at least 0'),
  onRedis({ workers: { delayedDebounce: 1000 } }, 'workers.delayedDebounce', 'Leave it out.'),
  onRedis({ workers: { settings: {} } }, 'workers.settings', 'in `workers` itself'),
  onRedis({ workers: { stalled: 5 } }, 'workers.stalled', 'Known here: concurrency, lockDuration'),
  onRedis({ retention: { age: 'for ever' } }, 'retention.age', "such as '30 days'"),
  onFile({ path: 5 }, 'path', 'Name a file'),
  onFile({ path: ':memory:' }, 'path', 'Use `memory: true`.'),
  onFile({ path: 'a.db', memory: true }, 'memory', 'Choose one of the two.'),
  onFile({ file: 'a.db' }, 'file', 'Known here: path, memory'),
  ['redis', {}, 'engine.type', 'Use one of embedded, bullmq, temporal, routed'],
];

describe('a wrong configuration', () => {
  test.each(wrong)('of %s: %o', async (type, config, path, fix) => {
    const connecting = vi.spyOn(Socket.prototype, 'connect');
    onTestFinished(() => connecting.mockRestore());
    const source = { type, config } as AdapterSource;
    const failures = await Promise.all(
      [createWorkflowEngineAdapter, createExecutionEngine].map(async (create) => {
        try {
          const { close } = await create(source);
          await close();
          return undefined;
        } catch (error) {
          return error;
        }
      }),
    );
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(ConfigurationError);
      expect(failure).toMatchObject({ code: 'CONFIGURATION', path, fix: expect.stringContaining(fix) });
      expect((failure as ConfigurationError).message).toBe(`${path}: ${problemOf(failure as ConfigurationError)}`);
    }
    expect(connecting).not.toHaveBeenCalled();
  });

  test.each<[unknown, string]>([
    [{ type: 'embedded', config: [] }, 'config'],
    [{ type: 'embedded', confg: {} }, 'confg'],
    [{ type: 'embedded', taskQueue: 5 }, 'taskQueue'],
    [{ engine: {} }, 'engine'],
    [{ perdure: {} }, 'perdure'],
    [undefined, 'options'],
    [{}, 'engine.type'],
  ])('of an adapter: %o', async (source, path) => {
    await expect(createWorkflowEngineAdapter(source as AdapterSource)).rejects.toMatchObject({ path });
  });
});

/** The message without its path: it ends with what to do. */
function problemOf({ message, path, fix }: ConfigurationError): string {
  expect(message.endsWith(fix)).toBe(true);
  return message.slice(path.length + 2);
}

describe('namespaces', () => {
  test.each([
    [
      'temporal',
      () => temporal.createWorkflowEngineAdapter({ connection: { address: 'http://x' } }),
      'connection.address',
    ],
    ['bullmq', () => bullmq.createWorkflowEngineAdapter({ workers: { concurrency: 0 } }), 'workers.concurrency'],
    ['embedded', () => embedded.createWorkflowEngineAdapter({ path: '' }), 'path'],
  ])('%s is its engine', async (_, create, path) => {
    await expect(create()).rejects.toMatchObject({ code: 'CONFIGURATION', path });
  });

  test('make adapters', async () => {
    const adapter = await embedded.createWorkflowEngineAdapter({ memory: true }, { taskQueue: 'mine' });
    await expect(adapter.getEngineInfo()).resolves.toMatchObject({ name: 'embedded' });
    const [id = ''] = await adapter.startRuns([{ agentName: 'a', input: 'b' }]);
    await expect(adapter.perdure.run(id).describe()).resolves.toMatchObject({ taskQueue: 'mine' });
    await adapter.close();
  });

  test('leave a client that they were given open', async () => {
    const perdure = await connect({ engine: { type: 'embedded', memory: true } });
    const adapter = await createWorkflowEngineAdapter({ perdure });
    await adapter.close();
    await expect(perdure.engine.health()).resolves.toMatchObject({ status: 'healthy' });
    await perdure.close();
  });
});

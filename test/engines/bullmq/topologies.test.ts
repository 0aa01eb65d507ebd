import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { BullmqEngineOptions } from '../../../src/engines/bullmq/index.ts';
import { freePort } from '../../../scripts/services/service.ts';
import { hasRedisServer, startRedis, until } from '../../support/redis-process.ts';
import { add, finish, state, waits } from './fixtures/workflows.ts';
import { bundle, Scene } from './scene.ts';

type Code = Awaited<ReturnType<typeof bundle>>;

/** Small workloads on real servers: what ioredis is told passes through, and a worker that dies or a server that fails over is survived. */
describe.skipIf(!hasRedisServer)('Redis with', { timeout: 120_000 }, () => {
  let code: Code;
  let scene: Scene;
  beforeAll(async () => {
    code = await bundle();
  });
  beforeEach(() => {
    scene = new Scene(code);
  });
  afterEach(() => scene.close());

  /** A run that waits, is told something through another process, and goes on in another worker. */
  async function workload(redis: BullmqEngineOptions['redis'], inTheMiddle?: () => Promise<void>): Promise<void> {
    const options = { redis: redis ?? {} };
    const [client, first, second] = await Promise.all([
      scene.engine(options),
      scene.engine(options),
      scene.engine(options),
    ]);
    const stop = await scene.work(first);
    const start = { taskQueue: scene.taskQueue, workflowId: 'run' };
    const handle = await client.client.workflow.start(waits, start);
    expect(await handle.executeUpdate(add, { args: [1] })).toBe(1);
    await stop();
    await scene.work(second);
    await inTheMiddle?.();
    expect(await handle.executeUpdate(add, { args: [2] })).toBe(3);
    expect(await handle.query(state)).toBe('waiting, sum 3');
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 3');
  }

  test('TLS', async () => {
    const { ca, args } = certificates();
    const tls = { ca };
    const server = await startRedis(onTestFinished, {
      args: ['--port', '0', ...args],
      portArgument: '--tls-port',
      connection: { tls },
    });
    await workload({ port: server.port, tls });
    await expect(scene.engine({ redis: { port: server.port, tls: {}, retryStrategy: () => null } })).rejects.toThrow(
      /No Redis answers.*certificate/s,
    );
  });

  // Going on takes about half a minute.
  test.skipIf(process.env['PERDURE_TEST_DEPTH'] !== 'full')('a sentinel, through a failover', async () => {
    const primary = await startRedis(onTestFinished);
    const replica = await startRedis(onTestFinished, { args: ['--replicaof', '127.0.0.1', `${primary.port}`] });
    const sentinel = await startSentinel(primary.port);
    const admin = new Redis(sentinel);
    const old = new Redis(primary.port);
    old.on('error', () => undefined);
    onTestFinished(() => {
      admin.disconnect();
      old.disconnect();
    });
    await until(async () => (await old.info('replication')).includes('state=online'), 'the replica is in step');
    await until(
      async () => ((await admin.call('SENTINEL', 'REPLICAS', 'main')) as unknown[]).length === 1,
      'the sentinel knows it',
    );
    await workload({ sentinels: [{ port: sentinel }], name: 'main', sentinelRetryStrategy: () => 50 }, async () => {
      // What has not reached the replica yet would be lost: that is what asynchronous replication means.
      await old.wait(1, 5000);
      await primary.kill();
      await until(async () => {
        const [, port] = (await admin.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')) as string[];
        return Number(port) === replica.port;
      }, 'the replica has taken over');
    });
  });

  test('a cluster', async () => {
    const nodes = await Promise.all(
      [1, 2, 3].map(() => startRedis(onTestFinished, { args: ['--cluster-enabled', 'yes'] })),
    );
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'ignore' });
    const seed = nodes[0]?.port ?? 0;
    const node = new Redis(seed);
    const cluster = new Cluster([{ host: '127.0.0.1', port: seed }], { lazyConnect: true });
    onTestFinished(() => {
      node.disconnect();
      cluster.disconnect();
    });
    await until(async () => (await node.cluster('INFO')).includes('cluster_state:ok'), 'the cluster is formed');
    await workload({ cluster: { nodes: [{ host: '127.0.0.1', port: seed }] } });
    // Scripts are forgotten by a node that takes over; they are sent again.
    await cluster.connect();
    await Promise.all(cluster.nodes('master').map((primary) => primary.script('FLUSH')));
    await scene.close();
    scene = new Scene(code);
    await workload({ cluster: { nodes: [{ host: '127.0.0.1', port: seed }] } });
  });
});

/** A certificate of `localhost` and 127.0.0.1 that signs itself, and how a server is told of it. */
function certificates(): { readonly ca: string; readonly args: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext', names];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return {
    ca: readFileSync(certificate, 'utf8'),
    args: [
      '--tls-cert-file',
      certificate,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      certificate,
      '--tls-auth-clients',
      'no',
    ],
  };
}

/** A sentinel that looks after one primary. @returns its port. */
async function startSentinel(primary: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-sentinel-'));
  const config = join(folder, 'sentinel.conf');
  const port = await freePort();
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor main 127.0.0.1 ${primary} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 5000',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return port;
}

import { execFileSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { startRedis, until } from './redis-process.ts';
import type { RedisProcess } from './redis-process.ts';

/** A cluster of three nodes without replicas, on loopback. `onFinished` gets what ends it. */
export async function startCluster(onFinished: (end: () => Promise<void>) => void): Promise<readonly RedisProcess[]> {
  const start = (): Promise<RedisProcess> => startRedis(onFinished, { args: ['--cluster-enabled', 'yes'] });
  const nodes = await Promise.all([start(), start(), start()]);
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'ignore' });
  for (const { port } of nodes) {
    const client = new Redis(port);
    client.on('error', () => undefined);
    onFinished(async () => client.disconnect());
    // oxlint-disable-next-line no-await-in-loop
    await until(async () => (await client.cluster('INFO')).includes('cluster_state:ok'), 'the cluster is formed');
  }
  return nodes;
}

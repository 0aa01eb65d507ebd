import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Channels } from '../../../src/engines/bullmq/channels.ts';
import { connect } from '../../../src/engines/bullmq/connect.ts';
import type { RedisSettings } from '../../../src/engines/bullmq/options.ts';
import { quiet } from '../../conformance/targets/quiet.ts';
import { startCluster } from '../../support/redis-cluster.ts';
import { hasRedisServer } from '../../support/redis-process.ts';
import type { RedisProcess } from '../../support/redis-process.ts';
import { add, finish, state, waits } from './fixtures/workflows.ts';
import { bundle, Scene } from './scene.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 120_000;
const patient = { timeout: 30_000, interval: 20 };

describe.skipIf(!hasRedisServer)('a cluster', { timeout: TIMEOUT }, () => {
  const ends: (() => void)[] = [];
  let nodes: readonly RedisProcess[];
  let code: WorkflowBundleWithSourceMap;
  let redis: RedisSettings;
  beforeAll(async () => {
    quiet();
    nodes = await startCluster((end) => ends.push(end));
    redis = { cluster: { nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })) } };
    code = await bundle();
  }, TIMEOUT);
  afterAll(() => {
    for (const end of ends.toReversed()) end();
  });

  test('of which a process with runs is killed: another one answers for them', async () => {
    const scene = new Scene(code);
    onTestFinished(() => scene.close());
    const { taskQueue, prefix } = scene;
    const program = fileURLToPath(new URL('fixtures/cluster-member.ts', import.meta.url));
    const member = fork(program, [`${nodes[0]?.port}`, prefix, taskQueue], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    onTestFinished(() => void member.kill('SIGKILL'));
    await once(member, 'message');
    const [web, worker] = await Promise.all([scene.engine({ redis }), scene.engine({ redis })]);
    const handle = await web.client.workflow.start(waits, { taskQueue, workflowId: 'w' });
    expect(await handle.executeUpdate(add, { args: [1] })).toBe(1);
    member.kill('SIGKILL');
    await scene.work(worker);
    // The dead process is asked first: nobody has its run yet.
    const asked = Promise.all([handle.executeUpdate(add, { args: [2] }), handle.query(state)]);
    expect(await asked).toEqual([3, expect.stringContaining('waiting, sum ')]);
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 3');
  });

  test('of which a connection, or a node, goes: whoever listens knows, and listens elsewhere', async () => {
    const connections = await connect(redis, () => undefined);
    onTestFinished(connections.close);
    const channels = new Channels(connections.messages);
    const heard: string[] = [];
    let back = 0;
    channels.onBack(() => back++);
    await channels.listen('{x}:c', (message) => heard.push(message)).ready;
    for (const { port } of nodes) {
      const node = new Redis(port);
      // oxlint-disable-next-line no-await-in-loop
      await node.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      node.disconnect();
    }
    await expect.poll(() => back, patient).toBe(1);
    await connections.commands.publish('{x}:c', 'hello');
    await expect.poll(() => heard, patient).toEqual(['hello']);
    // Messages still pass between those that are left.
    await nodes.find(({ port }) => port === connections.messages.options.port)?.kill();
    await expect.poll(() => back, patient).toBe(2);
    expect(connections.messages.status).toBe('ready');
  });
});

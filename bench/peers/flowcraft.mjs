/**
 * Flowcraft with its adapter for BullMQ, at a concurrency of 50 (it comes with 5). It has no way to wait for a result: we are told by Redis when it
 * writes the run's status. Its wait node does not wait under this adapter: the signal is a second start node.
 */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { BullMQAdapter, RedisCoordinationStore } from '@flowcraft/bullmq-adapter';
import { createFlow, FlowRuntime } from 'flowcraft';
import { model, Results, timed, tool } from './steps.mjs';

// The adapter wants clients of the very copy of ioredis that it brings.
const require = createRequire(import.meta.resolve('@flowcraft/bullmq-adapter'));
const { Redis } = require('ioredis');
const silent = { debug() {}, info() {}, warn() {}, error: (...parts) => console.error(...parts) };

const seenIn = (step) => async (context) => {
  const seen = context.input ?? ['hi'];
  return { output: [...seen, await step(seen.length)] };
};

function flows() {
  const five = ['n1', 'n2', 'n3', 'n4', 'n5'];
  let steps = createFlow('five');
  for (const [index, node] of five.entries()) steps = steps.node(node, seenIn(index % 2 === 0 ? model : tool));
  for (const [index, node] of five.slice(1).entries()) steps = steps.edge(five[index], node);
  let children = createFlow('children').node('join', async ({ context }) => {
    const results = await Promise.all(['a', 'b', 'c'].map((child) => context.get(`_outputs.${child}`)));
    return { output: results.length };
  });
  for (const child of ['a', 'b', 'c']) {
    children = children.node(child, async () => ({ output: await model(1) })).edge(child, 'join');
  }
  const signal = createFlow('signal')
    .node('begin', async () => ({ output: 'waits' }))
    .node('signalled', async ({ context }) => ({ output: await context.get('signal') }))
    .node('end', async ({ context }) => ({ output: await context.get('_outputs.signalled') }))
    .edge('begin', 'end')
    .edge('signalled', 'end');
  return [steps, children, signal];
}

export async function start({ redis: url }) {
  const all = flows();
  const blueprints = Object.fromEntries(all.map((flow) => [flow.toBlueprint().id, flow.toBlueprint()]));
  const registry = Object.assign({}, ...all.map((flow) => Object.fromEntries(flow.getFunctionRegistry())));
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const listener = new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: false });
  const results = new Results();
  await redis.config('SET', 'notify-keyspace-events', 'K$');
  const prefix = 'workflow:status:';
  await listener.psubscribe(`__keyspace@0__:${prefix}*`);
  listener.on('pmessage', (_pattern, channel) => results.give(channel.slice(channel.indexOf(prefix) + prefix.length)));
  const runtimeOptions = { blueprints, registry, logger: silent };
  const adapter = new BullMQAdapter({
    runtimeOptions: { ...new FlowRuntime(runtimeOptions).options, ...runtimeOptions },
    coordinationStore: new RedisCoordinationStore(redis),
    connection: redis,
    queueName: `bench-peer-${randomUUID()}`,
  });
  adapter.start();
  adapter.worker.concurrency = 50;
  await adapter.worker.waitUntilReady();
  const launch = async (blueprintId, nodes) => {
    const runId = randomUUID();
    const finished = results.of(runId);
    const version = blueprints[blueprintId].metadata?.version ?? null;
    // Jobs of a run without a version are dropped without a word.
    await adapter.createContext(runId).patch([
      { op: 'set', key: 'blueprintId', value: blueprintId },
      { op: 'set', key: 'blueprintVersion', value: version },
    ]);
    for (const nodeId of nodes) await adapter.enqueueJob({ runId, blueprintId, nodeId });
    return { runId, finished };
  };
  const outcome = async ({ runId, finished }, node) => {
    await finished;
    const { status, payload } = JSON.parse(await redis.get(`${prefix}${runId}`));
    if (status !== 'completed') throw new Error(`the run is ${status}`);
    return payload.context[`_outputs.${node}`];
  };
  const operations = {
    '5-activities': () => timed(async () => (await outcome(await launch('five', ['n1']), 'n5')).length, 6),
    '3-children': () => timed(async () => outcome(await launch('children', ['a', 'b', 'c']), 'join'), 3),
    signal: async () => {
      const run = await launch('signal', ['begin']);
      while ((await redis.exists(`flowcraft:fanin:${run.runId}:end`)) === 0) await delay(1);
      return timed(async () => {
        await adapter.createContext(run.runId).set('signal', 'go on');
        await adapter.enqueueJob({ runId: run.runId, blueprintId: 'signal', nodeId: 'signalled' });
        return outcome(run, 'end');
      }, 'go on');
    },
  };
  const close = async () => {
    await adapter.close();
    redis.disconnect();
    listener.disconnect();
  };
  return { operations, close };
}

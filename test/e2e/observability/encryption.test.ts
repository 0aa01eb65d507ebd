import { Runtime } from '@temporalio/worker';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { encryptPayloads } from '../../../src/codec/index.ts';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import { openEngine } from '../../../src/engines/index.ts';
import { createWorker } from '../../../src/worker/index.ts';
import { allEvents } from '../../client/support.ts';
import { lastSaid, scripted, silent } from '../../worker/support.ts';
import { places } from './places.ts';

const CANARY = 'canary-of-a-prompt';
/** The same for all tests: lists of a server that they share have the runs of all. */
const KEY = Buffer.alloc(32, 7).toString('base64');

const lookUp = defineTool({
  name: 'look_up',
  description: 'Looks something up.',
  approval: () => `May I look up ${CANARY}-asked?`,
  run: () => `${CANARY}-result ${'x'.repeat(3000)}`,
});

const fail = defineTool({
  name: 'fail',
  description: 'Fails.',
  retry: { maximumAttempts: 1 },
  run: () => {
    throw new Error(`${CANARY}-error`);
  },
});

const helper = defineAgent({
  name: 'helper',
  description: 'Helps.',
  model: scripted({ text: `${CANARY}-helped` }),
  instructions: `${CANARY}-help`,
});

const clerk = defineAgent({
  name: 'clerk',
  model: scripted(
    { calls: [{ tool: 'look_up' }, { tool: 'fail' }, { tool: 'helper', input: { message: `${CANARY}-ask` } }] },
    (options) => ({ text: `${CANARY}-answer ${lastSaid(options).length}` }),
  ),
  instructions: `${CANARY}-instructions`,
  tools: [lookUp, fail],
  agents: [helper],
});

beforeAll(async () => {
  Runtime.install({ logger: silent });
  // Bundled once, with the failure converter.
  const engine = await openEngine({ type: 'embedded', memory: true, client: { dataConverter: converter() } });
  await (await createWorker({ engine, agents: [clerk], logger: silent })).close();
  await engine.close();
}, 120_000);

function converter(): ReturnType<typeof encryptPayloads> {
  return encryptPayloads({ keys: { test: KEY } });
}

describe.each(places)('encrypted payloads on $name', ({ isThere, place }) => {
  it.skipIf(!isThere)('are read by whoever has the keys, and by nobody else', async () => {
    const dataConverter = converter();
    const { engine: config, taskQueue, dump } = place({ client: { dataConverter } });
    const engine = await openEngine(config);
    onTestFinished(() => engine.close());
    const worker = await createWorker({ engine, agents: [clerk], taskQueue, logger: silent, secret: 'x'.repeat(32) });
    const running = worker.run();
    onTestFinished(async () => {
      worker.shutdown();
      await running;
    });
    const perdure = await connect({ engine, taskQueue });
    const run = await perdure.start(clerk, { input: `${CANARY}-input`, metadata: { note: `${CANARY}-metadata` } });
    await expect
      .poll(async () => (await perdure.pending()).map(({ wait }) => wait.message))
      .toContain(`May I look up ${CANARY}-asked?`);
    expect((await perdure.listRuns({ agent: 'clerk' })).runs.map(({ id }) => id)).toContain(run.id);
    await run.approve();
    expect(await run.result()).toContain(`${CANARY}-answer`);
    const events = JSON.stringify(await allEvents(run));
    for (const part of ['input', 'error', 'result', 'helped', 'answer']) expect(events).toContain(`${CANARY}-${part}`);
    const history = await engine.client.workflow.getHandle(run.id).fetchHistory();
    expect(JSON.stringify(history)).not.toContain(CANARY);
    const kept = await dump?.();
    expect(kept?.includes(run.id) ?? true).toBe(true);
    expect(kept?.includes(CANARY) ?? false).toBe(false);
  });

  it.skipIf(!isThere)('are asked for by the environment', async () => {
    const { engine: config, dump, taskQueue } = place();
    const engine = await openEngine(config, { ...process.env, PERDURE_PAYLOAD_KEYS: `test:${KEY}` });
    onTestFinished(() => engine.close());
    const perdure = await connect({ engine, taskQueue });
    const run = await perdure.start('clerk', { input: `${CANARY}-input` });
    const history = JSON.stringify(await engine.client.workflow.getHandle(run.id).fetchHistory());
    expect(history).not.toContain(CANARY);
    expect((await dump?.())?.includes(CANARY) ?? false).toBe(false);
    await engine.client.workflow.getHandle(run.id).terminate();
  });
});

import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { temporalAddress as address } from '../../conformance/targets/temporal.ts';
import { redisUrl } from '../../engines/bullmq/support.ts';
import { inputOf, pending } from './fakes.ts';
import { handOver, lengthen } from './hand-over.ts';
import { toldOf, until, useWorlds, type AgentHandle, type Place } from './world.ts';

const sleep = (time: unknown): Promise<void> => new Promise((resolve) => setTimeout(resolve, Number(time)));

/** A Temporal server. Time passes as it does. */
async function temporal(): Promise<Place> {
  const [connection, native] = await Promise.all([
    Connection.connect({ address, channelArgs: { 'grpc.max_receive_message_length': -1 } }),
    NativeConnection.connect({ address }),
  ]);
  return {
    env: { client: new Client({ connection }), sleep, currentTimeMs: async () => Date.now() },
    createWorker: (options) => Worker.create({ ...options, connection: native, debugMode: true }),
    close: async () => {
      await connection.close();
      await native.close();
    },
  };
}

/** Redis. Clients are in one process, and workers in another, as far as the engine knows. */
async function redis(): Promise<Place> {
  const options = { redis: redisUrl ?? '', namespace: `loop-${randomUUID()}` };
  const [web, engine] = await Promise.all([createBullmqEngine(options), createBullmqEngine(options)]);
  return {
    env: { client: web.client, sleep, currentTimeMs: async () => Date.now() },
    createWorker: (workerOptions) => engine.createWorker({ workflowThreadPoolSize: 1, ...workerOptions }),
    close: async () => {
      await engine.close();
      await web.close();
    },
  };
}

const memoKeys = async (handle: AgentHandle): Promise<string[]> =>
  Object.keys((await handle.describe()).memo ?? {}).toSorted();

const text = (value: string) => ({ type: 'value', value }) as const;

const places = [
  { name: 'a Temporal server', isThere: process.env['PERDURE_TEST_TEMPORAL_ADDRESS'] !== undefined, place: temporal },
  { name: 'Redis', isThere: redisUrl !== undefined, place: redis },
];
const targets = places.flatMap((place) =>
  [100, 0].map((maxCachedWorkflows) => ({
    ...place,
    maxCachedWorkflows,
    title: `${place.name}, ${maxCachedWorkflows} runs cached`,
  })),
);

for (const { title, isThere, place, maxCachedWorkflows } of targets) {
  describe.skipIf(!isThere)(`the loop on ${title}`, () => {
    const create = useWorlds({ maxCachedWorkflows }, place);

    it('waits, is answered and completes', async () => {
      const world = await create({
        scripts: {
          main: [
            { calls: [{ ask: 'Which?' }, { tool: 'pay', approval: 'Pay?' }, { agent: 'leaf' }] },
            { complete: 'Done.' },
          ],
          leaf: [{ calls: [{ tool: 'pay' }] }, { complete: 'leaf' }],
        },
        tools: { pay: () => pending },
        toolRecords: { pay: { completion: 'async' } },
      });
      const handle = await world.start({});
      const open = await world.waitFor(handle, 3);
      // A server answers a query before it shows the memo of the same workflow task.
      await expect.poll(() => memoKeys(handle)).toEqual(open.map(({ id }) => `perdure.wait.${id}`).toSorted());
      await handle.signal('userInput', 'that one');
      await world.answer(handle, {
        waitId: 's1.2',
        kind: 'approval',
        outcome: { type: 'value', value: { approved: true } },
      });
      await world.answer(handle, { waitId: 's1.3/s1.1', kind: 'tool', outcome: text('paid by leaf') });
      await until(async () => (await world.waitFor(handle)).find(({ id, kind }) => id === 's1.2' && kind === 'tool'));
      await handle.signal('asyncToolCompleted', { outcome: text('paid') });
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', spent: { steps: 4, toolCalls: 3 } });
      expect(toldOf(world.asked.model.findLast(({ agent }) => agent === 'main')?.delta ?? [])).toEqual({
        's1.1': { type: 'text', value: 'that one' },
        's1.2': { type: 'text', value: 'paid' },
        's1.3': `run ${handle.workflowId}/s1.3.leaf`,
      });
      expect((await handle.describe()).memo ?? {}).toEqual({});
    });

    it('continues as new with open waits and sub-agents, while answers come in', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ tool: 'pay' }, { tool: 'pay' }, { agent: 'leaf' }] }, { complete: 'Done.' }],
          leaf: [{ calls: [{ ask: 'A?' }] }, { complete: 'leaf' }],
        },
        tools: { pay: () => pending },
        toolRecords: { pay: { completion: 'async' } },
      });
      const handle = await world.start({});
      const open = await world.waitFor(handle, 3);
      await handOver(handle);
      expect(await world.waitFor(handle, 3)).toEqual(open);
      await expect.poll(() => memoKeys(handle)).toHaveLength(3);
      const tool = (waitId: string) => world.answer(handle, { waitId, kind: 'tool', outcome: text(waitId) });
      await Promise.all([lengthen(handle), tool('s1.1'), tool('s1.2'), handle.signal('userInput', 'go on')]);
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', spent: { steps: 4 } });
      const main = world.asked.model.filter(({ agent }) => agent === 'main');
      expect(main).toHaveLength(2);
      expect(toldOf(main[1]?.delta ?? [])).toMatchObject({
        's1.1': { type: 'text', value: 's1.1' },
        's1.2': { type: 'text', value: 's1.2' },
      });
    });

    it('ends as cancelled by signal and by Temporal’s cancel, with all that is below', async () => {
      for (const way of ['signal', 'cancel'] as const) {
        const world = await create({
          scripts: {
            main: [{ calls: [{ tool: 'book', input: { n: 1 } }] }, { calls: [{ agent: 'leaf' }] }],
            leaf: [{ calls: [{ tool: 'book', input: { n: 2 } }] }, { calls: [{ ask: 'A?' }] }],
          },
          tools: { book: () => 'booked' },
          toolRecords: { book: { compensates: true } },
        });
        const handle = await world.start({});
        await world.waitFor(handle);
        await (way === 'signal' ? handle.signal('cancelRun', { reason: 'Not needed.' }) : handle.cancel());
        await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
        expect((await handle.describe()).status.name).toBe('CANCELLED');
        const leaf = world.env.client.workflow.getHandle(`${handle.workflowId}/s2.1.leaf`);
        expect((await leaf.describe()).status.name).toBe('CANCELLED');
        expect(world.asked.undone.map((call) => inputOf(call).n)).toEqual([2, 1]);
      }
    });

    it('asks a person at a limit, and undoes what was done when it fails after that', async () => {
      const book = (n: number) => ({ calls: [{ tool: 'book', input: { n } }] });
      const fail = (): never => {
        throw ApplicationFailure.nonRetryable('broken');
      };
      const world = await create({
        scripts: { main: [book(1), book(2), fail] },
        tools: { book: () => 'booked' },
        toolRecords: { book: { compensates: true } },
        definitions: { main: { limits: { steps: 2, depth: 5 }, onLimit: 'ask' } },
      });
      const handle = await world.start({});
      expect(await world.waitFor(handle)).toMatchObject([{ id: 'limit1', kind: 'approval' }]);
      await world.answer(handle, { kind: 'approval', outcome: { type: 'value', value: { approved: true } } });
      await expect(handle.result()).rejects.toThrow('Workflow execution failed');
      expect(world.asked.model).toHaveLength(3);
      expect(world.asked.undone.map((call) => inputOf(call).n)).toEqual([2, 1]);
    });

    it('takes effect of a termination below and above', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'leaf' }] }, { complete: 'Done.' }],
          // It may have begun its next step before it learns that nobody wants it any more.
          leaf: [{ calls: [{ ask: 'A?' }] }, { calls: [{ ask: 'B?' }] }, { complete: 'x' }],
        },
      });
      const below = await world.start({});
      await world.waitFor(below);
      await world.env.client.workflow.getHandle(`${below.workflowId}/s1.1.leaf`).terminate('gone');
      await expect(below.result()).resolves.toMatchObject({ output: 'Done.' });
      const above = await world.start({});
      await world.waitFor(above);
      await above.terminate('gone');
      const leaf = world.env.client.workflow.getHandle(`${above.workflowId}/s1.1.leaf`);
      await leaf.signal('userInput', 'hello?');
      await expect(leaf.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    });
  });
}

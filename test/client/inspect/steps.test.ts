import type { PayloadCodec } from '@temporalio/common';
import { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { RunNotFoundError } from '../../../src/client/errors.ts';
import { compareStepIds } from '../../../src/client/inspect/step-ids.ts';
import type { Step } from '../../../src/client/inspect/types.ts';
import type { Run } from '../../../src/client/run.ts';
import type { Json, ToolOutcome } from '../../../src/workflow/protocol/index.ts';
import { pending, type Script } from '../../e2e/agents-loop/fakes.ts';
import { eventOf } from '../support.ts';
import { useClientWorlds } from '../world.ts';

const clientWorld = useClientWorlds();

const asks: Script = [{ calls: [{ ask: 'Which order?' }] }, { complete: 'Thanks.' }];

/** Steps as soon as one of them is so. */
async function until(run: Run<unknown>, isSo: (step: Step) => boolean): Promise<Step> {
  for (;;) {
    const found = (await run.steps()).find(isSo);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('steps', () => {
  it('show what is under way, and what is tried again', async () => {
    let finish: (value: Json) => void = () => undefined;
    let attempts = 0;
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ tool: 'slow' }] }, { complete: 'Done.' }] },
      tools: {
        slow: async () => {
          if (++attempts === 1) throw new Error('Busy.');
          return await new Promise<Json>((resolve) => (finish = resolve));
        },
      },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    const failed = await until(run, ({ name, error }) => name === 'slow' && error !== undefined);
    expect(failed).toMatchObject({ status: 'scheduled', attempts: 1, error: { type: 'Error', message: 'Busy.' } });
    expect(failed).not.toHaveProperty('endedAt');
    // Time passes while somebody waits for a result.
    const result = run.result();
    const running = await until(run, ({ name, attempts: begun }) => name === 'slow' && begun === 2);
    expect(running).toMatchObject({ status: 'running', startedAt: expect.stringMatching(/Z$/) });
    const { totalDuration, activeDuration, ...metrics } = await run.metrics();
    expect(metrics).toMatchObject({ status: 'running', stepCount: 2, toolCallCount: 1 });
    expect(activeDuration).toBeLessThanOrEqual(totalDuration);
    finish('done');
    await result;
    const ended = (await run.steps()).find(({ name }) => name === 'slow');
    expect(ended).toMatchObject({ id: failed.id, status: 'completed', attempts: 2, output: 'done' });
    expect(ended).not.toHaveProperty('error');
  });

  it('go on through all runs of a chain, with ids that stay unique', async () => {
    const { perdure } = await clientWorld({
      scripts: {
        main: [
          { calls: [...Array.from({ length: 5 }, () => ({ tool: 'read' })), { tool: 'ship' }, { ask: 'Go on?' }] },
          { complete: 'Done.' },
        ],
      },
      tools: { read: () => 'x'.repeat(1024 * 1024), ship: () => pending },
      toolRecords: { ship: { completion: 'async' } },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'run_continued');
    const open = (await run.steps()).filter(({ endedAt }) => endedAt === undefined);
    expect(open.map(({ kind, name, status }) => `${kind} ${name} ${status}`).toSorted()).toEqual([
      'tool ship running',
      'wait input running',
      'wait tool running',
    ]);
    await run.reply('Yes.');
    await run.completeTool({ result: 'shipped' });
    await run.result();
    const steps = await run.steps();
    expect(steps.filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(steps).toHaveLength(2 + 5 + 1 + 2);
    const ids = steps.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted(compareStepIds)).toEqual(ids);
    expect(new Set(ids.map((id) => id.split('.')[0])).size).toBeGreaterThan(1);
    expect(steps.find(({ name }) => name === 'ship')).toMatchObject({ output: 'shipped' });
    expect(steps.at(-1)).toMatchObject({ kind: 'model', name: 'fake/model' });
  }, 60_000);

  it('say how those of a run ended that was stopped, failed or undone', async () => {
    const { perdure } = await clientWorld({
      scripts: {
        stopped: [{ calls: [{ tool: 'ship' }, { ask: 'Really?' }] }],
        undone: [{ calls: [{ tool: 'book', input: { n: 1 } }] }],
        expires: [{ calls: [{ ask: 'Anybody?' }] }, { complete: 'Nobody.' }],
        broken: [{ calls: [{ agent: 'unknown' }] }, { complete: 'Well.' }],
        unknown: [],
      },
      tools: { ship: () => pending, book: () => 'booked' },
      toolRecords: { ship: { completion: 'async' }, book: { compensates: true } },
      definitions: { expires: { asksUser: { timeout: 50 } } },
    });
    const stopped = await perdure.start('stopped', { input: 'Hi' });
    await until(stopped, ({ name }) => name === 'input');
    await until(stopped, ({ kind, name }) => kind === 'wait' && name === 'tool');
    await stopped.abort();
    expect((await stopped.steps()).slice(1).map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    await expect(stopped.metrics()).resolves.toMatchObject({ status: 'terminated' });

    const undone = await perdure.start('undone', { input: 'Hi' });
    await expect(undone.result()).rejects.toThrow('No turn 2');
    expect((await undone.steps()).slice(1)).toMatchObject([
      { kind: 'tool', name: 'book', status: 'completed' },
      { kind: 'model', status: 'failed', error: { type: 'ModelFailed' } },
      { kind: 'activity', name: 'agent.compensateTool', status: 'completed', input: { tool: 'book', input: { n: 1 } } },
    ]);

    const expires = await perdure.start('expires', { input: 'Hi' });
    await expires.result();
    expect((await expires.steps())[1]).toMatchObject({ kind: 'wait', name: 'input', status: 'timed_out' });

    const broken = await perdure.start('broken', { input: 'Hi' });
    await broken.result();
    const step = (await broken.steps())[1];
    expect(step).toMatchObject({
      kind: 'agent',
      name: 'unknown',
      status: 'failed',
      error: { message: expect.anything() },
    });
    expect(step).not.toHaveProperty('usage');
  }, 60_000);

  it('list what sub-agents wait for, with whose wait it is', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ agent: 'helper' }] }, { complete: 'Done.' }], helper: asks },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    const wait = await until(run, ({ kind }) => kind === 'wait');
    expect(wait).toMatchObject({ name: 'input', agent: 'helper', workflowId: `${run.id}/s1.1.helper` });
    await run.reply('1042');
    await run.result();
    expect((await run.steps()).map(({ kind }) => kind)).toEqual(['model', 'agent', 'wait', 'model']);
    const below = await perdure.run(`${run.id}/s1.1.helper`).steps();
    expect(below.map(({ kind, agent }) => [kind, agent])).toEqual([
      ['model', 'helper'],
      ['model', 'helper'],
    ]);
  });

  it('are read with the codecs of the client', async () => {
    const { perdure, env } = await clientWorld({
      scripts: { main: [{ calls: [{ tool: 'find', input: { id: 7 } }] }, { complete: 'Done.' }] },
      tools: { find: (): ToolOutcome => ({ type: 'completed', output: { type: 'json', value: { state: 'lost' } } }) },
    });
    const decoded: string[] = [];
    const codec: PayloadCodec = {
      encode: async (payloads) => payloads,
      decode: async (payloads) => {
        decoded.push(...payloads.map(({ data }) => Buffer.from(data ?? []).toString()));
        return payloads.map((payload) => ({
          ...payload,
          data: Buffer.from(
            Buffer.from(payload.data ?? [])
              .toString()
              .replace('"lost"', '"found"'),
          ),
        }));
      },
    };
    const { connection, options } = env.client;
    const client = new Client({ connection, namespace: options.namespace, dataConverter: { payloadCodecs: [codec] } });
    const reading = await connect({ engine: env.engine, client, taskQueue: 'agents' });
    const run = await perdure.start('main', { input: 'Hi' });
    await run.result();
    const found = (await reading.run(run.id).steps()).find(({ kind }) => kind === 'tool');
    expect(found).toMatchObject({ input: { id: 7 }, output: { state: 'found' } });
    expect(decoded.length).toBeGreaterThan(0);
  });

  it('of no run are an error', async () => {
    const { perdure } = await clientWorld({ scripts: {} });
    const nobody = perdure.run('nobody');
    await expect(nobody.steps()).rejects.toThrow(RunNotFoundError);
    await expect(nobody.metrics()).rejects.toThrow(RunNotFoundError);
    await expect(nobody.tree()).rejects.toThrow(RunNotFoundError);
    expect(() => compareStepIds('1.2.3', '1.2')).toThrow(/no id of a step/);
  });
});

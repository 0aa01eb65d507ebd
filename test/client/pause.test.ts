import { describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import {
  PauseNotSupportedError,
  RunCancelledError,
  RunEndedError,
  RunNotFoundError,
  RunPausedError,
} from '../../src/client/errors.ts';
import { pending, type Script } from '../e2e/agents-loop/fakes.ts';
import { allEvents, eventOf, typesOf } from './support.ts';
import { useClientWorlds } from './world.ts';

const clientWorld = useClientWorlds();

const asks: Script = [
  { calls: [{ ask: 'Which order?' }] },
  ({ delta }) => ({ complete: JSON.stringify(delta.at(-1)) }),
];
const family = {
  main: [{ calls: [{ agent: 'middle' }] }, { complete: 'all done' }],
  middle: [{ calls: [{ agent: 'leaf' }] }, { complete: 'middle done' }],
  leaf: asks,
} satisfies Record<string, Script>;

describe('a paused run', () => {
  it('begins nothing until it goes on', async () => {
    const called = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const { perdure, asked } = await clientWorld({
      scripts: {
        main: [
          async () => {
            called.resolve();
            await answered.promise;
            return { calls: [{ tool: 'refund' }] };
          },
          { complete: 'done' },
        ],
      },
      tools: { refund: () => 'refunded' },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await called.promise;
    await run.pause({ reason: 'a look at it' });
    await run.pause();
    await expect(run.describe()).resolves.toMatchObject({ status: 'paused' });
    answered.resolve();
    // What is under way ends.
    await eventOf(run, 'model_responded');
    expect(asked.tools).toEqual([]);
    await run.resume();
    await run.resume();
    await expect(run.result()).resolves.toBe('done');
    const events = await allEvents(run);
    expect(typesOf(events)).toEqual([
      'run_started',
      'agent_resolved',
      'model_called',
      'run_paused',
      'model_responded',
      'run_resumed',
      'tool_started',
      'tool_completed',
      'model_called',
      'model_responded',
      'run_completed',
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'run_paused', reason: 'a look at it' }));
  });

  it('is listed as such, with what it waits for', async () => {
    const { perdure } = await clientWorld({ scripts: { lonely: asks } });
    const run = await perdure.start('lonely', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await run.pause();
    const ids = async (status: 'paused' | 'running'): Promise<string[]> =>
      (await perdure.listRuns({ agent: 'lonely', status })).runs.map(({ id }) => id);
    await expect(ids('paused')).resolves.toEqual([run.id]);
    await expect(ids('running')).resolves.toEqual([]);
    await expect(run.pending()).resolves.toEqual([wait]);
    expect((await perdure.pending()).filter(({ runId }) => runId === run.id)).toEqual([]);
    await run.abort();
    await expect(ids('paused')).resolves.toEqual([]);
  });

  it('takes no answers until it goes on, but keeps what it is told', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [asks[0] ?? {}, ({ delta }) => ({ complete: JSON.stringify(delta) })] },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await run.pause();
    await expect(run.reply('1042')).rejects.toThrow(RunPausedError);
    await run.steer('Be brief.');
    await run.resume();
    await run.reply('1042', { waitId: wait.id });
    await expect(run.result()).resolves.toMatch(/1042.*Be brief/);
    expect(typesOf(await allEvents(run))).toContain('steered');
  });

  it('has accepted an answer that is given again', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ ask: 'Which?' }] }, { calls: [{ ask: 'Sure?' }] }, { complete: 'ok' }] },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await run.reply('1042', { waitId: wait.id });
    await run.pause();
    await run.reply('1042', { waitId: wait.id });
    await run.abort();
  });

  it('pauses with all that is below it, and they go on together', async () => {
    const { perdure } = await clientWorld({ scripts: family });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    const below = [`${run.id}/s1.1.middle`, `${run.id}/s1.1.middle/s1.1.leaf`].map((id) => perdure.run(id));
    await run.pause();
    for (const each of below) await expect(each.describe()).resolves.toMatchObject({ status: 'paused' });
    await run.resume();
    for (const each of [run, ...below]) await expect(each.describe()).resolves.toMatchObject({ status: 'running' });
    await run.reply('1042', { waitId: wait.id });
    await expect(run.result()).resolves.toBe('all done');
  });

  it('finds the sub-agent that is being called while it pauses', async () => {
    const called = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const { perdure, env } = await clientWorld({
      scripts: {
        main: [
          async () => {
            called.resolve();
            await answered.promise;
            return { calls: [{ agent: 'leaf' }] };
          },
          { complete: 'done' },
        ],
        leaf: [{ complete: 'leaf done' }],
      },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await called.promise;
    // Whether the task that calls the sub-agent comes before the pause, meets it or has to wait: the sub-agent does not go on alone.
    answered.resolve();
    await run.pause();
    const described = await env.client.workflow.getHandle(run.id).describe();
    for (const { workflowId } of described.raw.pendingChildren ?? []) {
      await expect(perdure.run(workflowId ?? '').describe()).resolves.toMatchObject({ status: 'paused' });
    }
    await run.resume();
    await expect(run.result()).resolves.toBe('done');
  });

  it('is cancelled in order, and aborted, with all that is below it', async () => {
    const { perdure } = await clientWorld({ scripts: family });
    const cancelled = await perdure.start('main', { input: 'Hi' });
    await eventOf(cancelled, 'input_requested');
    await cancelled.pause();
    await cancelled.cancel({ reason: 'changed my mind' });
    await expect(cancelled.result()).rejects.toThrow(RunCancelledError);
    const aborted = await perdure.start('main', { input: 'Hi' });
    await eventOf(aborted, 'input_requested');
    await aborted.pause();
    await aborted.abort();
    const leaf = perdure.run(`${aborted.id}/s1.1.middle/s1.1.leaf`);
    await expect(leaf.describe()).resolves.toMatchObject({ status: 'terminated' });
  });

  it('is there, and has not ended', async () => {
    const { perdure } = await clientWorld({ scripts: { main: [{ complete: 'Hello!' }] } });
    await expect(perdure.run('nobody').pause()).rejects.toThrow(RunNotFoundError);
    await expect(perdure.run('nobody').resume()).rejects.toThrow(RunNotFoundError);
    const run = await perdure.start('main', { input: 'Hi' });
    await run.result();
    await expect(run.pause()).rejects.toThrow(RunEndedError);
    await expect(run.resume()).rejects.toThrow(RunEndedError);
  });

  it('keeps the result of an async tool out, whose sender is told to come back', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ tool: 'ship' }] }, ({ delta }) => ({ complete: JSON.stringify(delta) })] },
      tools: { ship: () => pending },
      toolRecords: { ship: { completion: 'async' } },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await vi.waitFor(async () => expect(await run.pending()).toHaveLength(1), { timeout: 10_000 });
    await run.pause();
    await expect(run.completeTool({ result: 'sent' })).rejects.toThrow(RunPausedError);
    await run.resume();
    await run.completeTool({ result: 'sent' });
    await expect(run.result()).resolves.toContain('sent');
  });
});

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];

describe.skipIf(address === undefined)('on a Temporal server that cannot pause runs', () => {
  it('says so, and lists none as paused', async () => {
    const perdure = await connect({ engine: { type: 'temporal', connection: { address: address ?? '' } } });
    try {
      const run = await perdure.start('main', { input: 'Hi' });
      await expect(run.pause()).rejects.toThrow(PauseNotSupportedError);
      await expect(run.resume()).rejects.toThrow(PauseNotSupportedError);
      await expect(perdure.listRuns({ status: 'paused' })).resolves.toEqual({ runs: [] });
      await run.abort();
    } finally {
      await perdure.close();
    }
  });
});

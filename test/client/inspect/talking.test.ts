import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import {
  NoWorkerError,
  QueryUnknownError,
  RunEndedError,
  RunNotFoundError,
  RunPausedError,
} from '../../../src/client/errors.ts';
import { queryRun } from '../../../src/client/inspect/query.ts';
import type { HistoryPage } from '../../../src/client/inspect/types.ts';
import type { Script } from '../../e2e/agents-loop/fakes.ts';
import { eventOf } from '../support.ts';
import { useClientWorlds } from '../world.ts';

const clientWorld = useClientWorlds();

const asks: Script = [{ calls: [{ ask: 'Which order?' }] }, { complete: 'Thanks.' }];

describe('signals and queries', () => {
  it('reach the workflow of a run', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await expect(run.query('pending')).resolves.toEqual([wait]);
    await run.signal('userInput', '1042');
    await expect(run.result()).resolves.toBe('Thanks.');
    await expect(run.query('pending')).resolves.toEqual([]);
    await expect(run.signal('userInput', '1042')).rejects.toThrow(RunEndedError);
  });

  it('say what is wrong', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    const unknown = run.query('mood');
    await expect(unknown).rejects.toThrow(QueryUnknownError);
    await expect(unknown).rejects.toMatchObject({ query: 'mood', known: expect.arrayContaining(['pending', 'spent']) });
    await expect(run.query('')).rejects.toMatchObject({ path: 'name' });
    await expect(run.signal('x', 1n as never)).rejects.toMatchObject({ path: 'payload' });
    await run.pause();
    await expect(run.query('pending')).rejects.toThrow(RunPausedError);
    await run.abort();
    const nobody = perdure.run('nobody');
    await expect(nobody.query('pending')).rejects.toThrow(RunNotFoundError);
    await expect(nobody.signal('x')).rejects.toThrow(RunNotFoundError);
    await expect(nobody.history().next()).rejects.toThrow(RunNotFoundError);
  });

  it('say that there is no worker', async () => {
    const perdure = await connect({ engine: { type: 'embedded', memory: true }, taskQueue: 'idle' });
    const run = await perdure.start('main', { input: 'Hi' });
    const asked = queryRun(perdure.client, run.id, { name: 'pending', args: [], timeout: 50 });
    await expect(asked).rejects.toThrow(NoWorkerError);
    await perdure.close();
  });
});

describe('history', () => {
  it('is what Temporal tools write, of all runs of the chain', async () => {
    const { perdure, env } = await clientWorld({
      scripts: {
        main: [
          { calls: Array.from({ length: 5 }, () => ({ tool: 'read' })) },
          { calls: [{ ask: 'Go on?' }] },
          { complete: 'Done.' },
        ],
      },
      tools: { read: () => 'x'.repeat(1024 * 1024) },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    const { runId: last } = await env.client.workflow.getHandle(run.id).describe();
    await run.reply('Yes', { waitId: wait.id });
    await run.result();
    const pages: HistoryPage[] = [];
    for await (const page of run.history()) pages.push(page);
    expect(new Set(pages.map(({ runId }) => runId)).size).toBe(2);
    const events = pages.filter(({ runId }) => runId === last).flatMap((page) => page.events);
    const { events: official } = await env.client.workflow.getHandle(run.id, last).fetchHistory();
    expect(events.map(({ eventType }) => eventType)).toEqual(
      official?.map(({ eventType }) => proto.temporal.api.enums.v1.EventType[eventType ?? 0]),
    );
    expect(events[0]).toMatchObject({ eventId: '1', eventTime: expect.stringMatching(/^2\d{3}-.*Z$/) });
    expect(JSON.parse(JSON.stringify(pages))).toEqual(pages);
    const stopped = AbortSignal.abort(new Error('stop'));
    await expect(run.history({ signal: stopped }).next()).rejects.toThrow('stop');
  }, 60_000);
});

import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../src/engine/index.ts';
import { pending, type Script } from '../e2e/agents-loop/fakes.ts';
import { allEvents, eventOf } from './support.ts';
import { useClientWorlds } from './world.ts';

const clientWorld = useClientWorlds();
const asks: Script = [{ calls: [{ ask: 'Which order?' }] }, { complete: 'Thanks.' }];

describe('bad input', () => {
  it('of ids is refused before anything is asked', async () => {
    const { perdure } = await clientWorld({ scripts: {} });
    for (const id of ['', undefined, 7]) expect(() => perdure.run(id as never)).toThrow(ConfigurationError);
    await expect(perdure.start('main', { input: 'Hi', id: '' })).rejects.toThrow(ConfigurationError);
    await expect(perdure.start('main', { input: 'Hi', id: '' })).rejects.toMatchObject({ path: 'id' });
    await expect(perdure.start('main', { input: 'Hi', id: 'a'.repeat(1001) })).rejects.toThrow(ConfigurationError);
    await expect(perdure.start('', { input: 'Hi' })).rejects.toMatchObject({ path: 'agent' });
  });

  it('of lists is refused, with what there is', async () => {
    const { perdure } = await clientWorld({ scripts: {} });
    const listed = perdure.listRuns({ status: 'nonsense' as never });
    await expect(listed).rejects.toThrow(ConfigurationError);
    await expect(listed).rejects.toThrow(/'nonsense'.*running, paused, completed/);
    await expect(perdure.listRuns({ status: 'toString' as never })).rejects.toThrow(ConfigurationError);
  });

  it('of events: an id of another run', async () => {
    const { perdure } = await clientWorld({ scripts: { main: [{ complete: 'done' }] } });
    const [run, other] = await Promise.all([
      perdure.start('main', { input: 'Hi' }),
      perdure.start('main', { input: 'Hi' }),
    ]);
    const from = (await allEvents(other)).at(0)?.id ?? '';
    for (const id of [from, '1.1.0.no-uuid', '1.1.0.00000000-0000-4000-8000-000000000000']) {
      const read = allEvents(run, id);
      await expect(read).rejects.toThrow(ConfigurationError);
      await expect(read).rejects.toMatchObject({ path: 'from' });
    }
    await expect(allEvents(perdure.run('nobody'), from)).rejects.toMatchObject({ name: 'RunNotFoundError' });
  });

  it('of answers leaves the wait open', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    for (const nothing of ['', [], null, undefined]) {
      await expect(run.reply(nothing as never)).rejects.toMatchObject({
        name: 'AnswerRefusedError',
        reason: 'invalid',
      });
    }
    await expect(run.pending()).resolves.toEqual([wait]);
    await run.reply('1042');
    await run.result();
  });

  it('of async results leaves the call open', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ tool: 'ship' }] }, { complete: 'done' }] },
      tools: { ship: () => pending },
      toolRecords: { ship: { completion: 'async', maxResultBytes: 100 } },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await vi.waitFor(async () => expect(await run.pending()).toHaveLength(1), { timeout: 10_000 });
    const refused = { name: 'AnswerRefusedError', reason: 'invalid' };
    for (const result of [null, undefined, 'sent', {}, { error: 7 }, { result: undefined }]) {
      await expect(run.completeTool(result as never)).rejects.toMatchObject(refused);
    }
    const large = run.completeTool({ result: 'x'.repeat(99) });
    await expect(large).rejects.toMatchObject(refused);
    await expect(large).rejects.toThrow('at most 100 are allowed (maxResultBytes)');
    await expect(perdure.completeTool(null as never, { result: 1 })).rejects.toMatchObject({
      name: 'AnswerRefusedError',
      reason: 'bad_token',
    });
    await run.completeTool({ result: null });
    await run.result();
  });
});

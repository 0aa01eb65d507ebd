import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import {
  AnswerRefusedError,
  NoWorkerError,
  RunCancelledError,
  RunEndedError,
  RunExistsError,
  RunFailedError,
  RunNotFoundError,
  RunTerminatedError,
  RunTimedOutError,
} from '../../src/client/errors.ts';
import { agentStart } from '../../src/client/start.ts';
import { pending, type Script } from '../e2e/agents-loop/fakes.ts';
import { allEvents, eventOf, typesOf } from './support.ts';
import { useClientWorlds } from './world.ts';

const clientWorld = useClientWorlds();

const asks: Script = [
  { calls: [{ ask: 'Which order?' }] },
  ({ delta }) => ({ complete: JSON.stringify(delta.at(-1)) }),
];
const needsApproval: Script = [
  { calls: [{ tool: 'refund', input: { amount: 200 }, approval: 'Refund 200?' }] },
  ({ delta }) => ({ complete: JSON.stringify(delta) }),
];
const tools = { refund: () => 'refunded' };

describe('a run', () => {
  it('is started and comes to its result', async () => {
    const { perdure } = await clientWorld({ scripts: { main: [{ complete: 'Hello!' }] } });
    const run = await perdure.start('main', { input: 'Hi', id: 'first' });
    expect(run.id).toBe('first');
    await expect(run.result()).resolves.toBe('Hello!');
    await expect(run.outcome()).resolves.toMatchObject({ output: 'Hello!', finish: 'complete', spent: { steps: 1 } });
    await expect(run.describe()).resolves.toMatchObject({ id: 'first', agent: 'main', status: 'completed', waits: [] });
    await expect(perdure.run('first').result()).resolves.toBe('Hello!');
  });

  it('may be started by others', async () => {
    const { perdure } = await clientWorld({ scripts: { main: [{ complete: 'Hello!' }] } });
    const { workflowType, args, ...start } = agentStart('main', { input: 'Hi', taskQueue: 'agents', timeout: '1 h' });
    expect(start.workflowExecutionTimeout).toBe(3_600_000);
    await perdure.client.workflow.start(workflowType, { ...start, workflowId: 'other', args: [...args] });
    await expect(perdure.run('other').result()).resolves.toBe('Hello!');
    await expect(perdure.listRuns({ agent: 'main' })).resolves.toMatchObject({
      runs: expect.arrayContaining([expect.objectContaining({ id: 'other', agent: 'main' })]),
    });
    expect(agentStart('main', { input: 'Hi' }).taskQueue).toBe('perdure');
    expect(() => agentStart('main', { input: 1n as never })).toThrow('input');
  });

  it('is started once by an id', async () => {
    const { perdure, asked } = await clientWorld({ scripts: { main: [{ complete: 'Hello!' }] } });
    const run = await perdure.start('main', { input: 'Hi', id: 'once' });
    await expect(perdure.start('main', { input: 'Hi', id: 'once' })).rejects.toThrow(RunExistsError);
    await run.result();
    await expect(perdure.start('main', { input: 'Hi', id: 'once' })).rejects.toThrow(RunExistsError);
    const same = await perdure.start('main', { input: 'Hi', id: 'once', ifExists: 'use' });
    await expect(same.result()).resolves.toBe('Hello!');
    expect(asked.resolved).toEqual(['main']);
  });

  it('is the same when it is started by the same start', async () => {
    const { perdure, asked } = await clientWorld({ scripts: { main: [{ complete: 'Hello!' }] } });
    const start = { input: { a: 1, b: { c: 2, d: 3 } }, metadata: { by: 'me' }, id: 'same', ifExists: 'same' } as const;
    const runs = await Promise.all([perdure.start('main', start), perdure.start('main', start)]);
    expect(runs.map(({ id }) => id)).toEqual(['same', 'same']);
    await runs[0]?.result();
    const again = await perdure.start('main', { ...start, input: { b: { d: 3, c: 2 }, a: 1 } });
    await expect(again.result()).resolves.toBe('Hello!');
    for (const other of [{ input: 'Hi' }, { metadata: {} }, { limits: { steps: 3 } }, { timeout: '1 h' }])
      await expect(perdure.start('main', { ...start, ...other })).rejects.toThrow(RunExistsError);
    await expect(perdure.start('other', start)).rejects.toThrow(RunExistsError);
    await (await perdure.start('main', { input: 'Hi', id: 'plain' })).result();
    await expect(perdure.start('main', { input: 'Hi', id: 'plain', ifExists: 'same' })).rejects.toThrow(RunExistsError);
    expect(asked.resolved).toEqual(['main', 'main']);
  });

  it('is answered when it asks', async () => {
    const { perdure, asked } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    expect(wait).toMatchObject({ kind: 'input', message: 'Which order?', agent: 'main' });
    await expect(run.pending()).resolves.toEqual([wait]);
    await expect(perdure.pending()).resolves.toEqual([{ runId: run.id, wait }]);
    await run.reply('1042');
    await expect(run.result()).resolves.toContain('1042');
    expect(asked.model).toHaveLength(2);
    await expect(run.pending()).resolves.toEqual([]);
  });

  it('takes an answer once, however often it is given', async () => {
    const { perdure } = await clientWorld({ scripts: { main: [...asks.slice(0, 1), { calls: [{ ask: 'Sure?' }] }] } });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await run.reply('1042', { waitId: wait.id });
    await run.reply('1042', { waitId: wait.id });
    const refused = run.reply('another', { waitId: wait.id });
    await expect(refused).rejects.toThrow(AnswerRefusedError);
    await expect(refused).rejects.toMatchObject({ reason: 'not_open' });
    // The same text is the answer to another question, when that is what is asked.
    const asked = await allUntilSecond(run);
    await run.reply('1042', { waitId: asked });
    await expect(run.result()).rejects.toThrow(RunFailedError);
    // Also when the run is over.
    await run.reply('1042', { waitId: wait.id });
    await expect(run.reply('late', { waitId: wait.id })).rejects.toThrow(RunEndedError);
    await expect(run.reply('late')).rejects.toThrow(RunEndedError);
  });

  it('refuses answers to what nobody asks', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    await expect(run.approve()).rejects.toMatchObject({ name: 'AnswerRefusedError', reason: 'not_open' });
    await expect(run.reply('x', { waitId: 'nothing' })).rejects.toMatchObject({ reason: 'not_open' });
    await expect(run.reply(1n as never)).rejects.toMatchObject({ name: 'AnswerRefusedError', reason: 'invalid' });
    await run.reply('1042');
    await run.result();
  });

  it('says which waits are open when an answer may be for several', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ ask: 'One?' }, { ask: 'Two?' }] }, { complete: 'ok' }] },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await until(async () => (await run.pending()).length === 2);
    const refused = run.reply('which?');
    await expect(refused).rejects.toMatchObject({ reason: 'ambiguous' });
    await expect(refused).rejects.toThrow("'s1.1', 's1.2'");
    await run.reply('one', { toolCallId: 's1.1' }).catch(() => run.reply('one', { waitId: 's1.1' }));
    await run.reply('two');
    await expect(run.result()).resolves.toBe('ok');
  });

  it('does what was approved, and not what was rejected', async () => {
    const { perdure, asked } = await clientWorld({ scripts: { main: needsApproval }, tools });
    const approved = await perdure.start('main', { input: 'Hi' });
    expect((await eventOf(approved, 'approval_requested')).wait).toMatchObject({
      kind: 'approval',
      call: { toolName: 'refund', input: { amount: 200 } },
    });
    await approved.approve({ reason: 'fine', by: 'ann' });
    await approved.result();
    expect(asked.tools).toHaveLength(1);
    const rejected = await perdure.start('main', { input: 'Hi' });
    await eventOf(rejected, 'approval_requested');
    await rejected.reject({ reason: 'too much' });
    await expect(rejected.result()).resolves.toContain('too much');
    expect(asked.tools).toHaveLength(1);
  });

  it('gets the results of async tools', async () => {
    const { perdure } = await clientWorld({
      scripts: {
        main: [{ calls: [{ tool: 'ship' }, { tool: 'ship' }] }, ({ delta }) => ({ complete: JSON.stringify(delta) })],
      },
      tools: { ship: () => pending },
      toolRecords: { ship: { completion: 'async' } },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await until(async () => (await run.pending()).length === 2);
    await run.completeTool({ result: { parcel: 7 } }, { toolCallId: 's1.1' });
    await run.completeTool({ error: 'no truck' });
    await expect(run.result()).resolves.toMatch(/parcel.*no truck/);
    const events = await allEvents(run);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'tool_completed',
        toolCallId: 's1.1',
        output: { type: 'json', value: { parcel: 7 } },
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'tool_failed',
        toolCallId: 's1.2',
        error: { type: 'ToolFailed', message: 'no truck' },
      }),
    );
  });

  it('is told something on the way', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    await run.steer('Be brief.');
    await eventOf(run, 'steered');
    await run.reply('1042');
    await run.result();
    await expect(run.steer('Too late.')).rejects.toThrow(RunEndedError);
    await expect(perdure.run('nobody').steer('Hello?')).rejects.toThrow(RunNotFoundError);
  });

  it('is cancelled in order', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    await run.cancel({ reason: 'changed my mind', deadline: '10 s' });
    await expect(run.result()).rejects.toThrow(RunCancelledError);
    await run.cancel();
    const events = await allEvents(run);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'cancel_requested', reason: 'changed my mind', deadline: 10_000 }),
    );
    expect(events.at(-1)?.type).toBe('run_cancelled');
    await expect(perdure.run('nobody').cancel()).rejects.toThrow(RunNotFoundError);
  });

  it('is aborted with all that is below it', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: [{ calls: [{ agent: 'middle' }] }], middle: [{ calls: [{ agent: 'leaf' }] }], leaf: asks },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    expect(wait).toMatchObject({ agent: 'leaf', workflowId: `${run.id}/s1.1.middle/s1.1.leaf` });
    await run.abort('enough');
    await expect(run.result()).rejects.toThrow(RunTerminatedError);
    await expect(run.result()).rejects.toMatchObject({ reason: 'enough' });
    for (const id of [`${run.id}/s1.1.middle`, wait.workflowId]) {
      await expect(perdure.run(id).describe()).resolves.toMatchObject({ status: 'terminated' });
    }
    await run.abort();
    await expect(perdure.run('nobody').abort()).rejects.toThrow(RunNotFoundError);
  });

  it('says why it failed', async () => {
    const { perdure } = await clientWorld({ scripts: { main: [] } });
    const run = await perdure.start('stranger', { input: 'Hi' });
    await expect(run.result()).rejects.toThrow(RunFailedError);
    await expect(run.result()).rejects.toMatchObject({
      type: 'AgentUnknown',
      message: expect.stringContaining('stranger'),
    });
  });

  it('is timed out', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi', timeout: '10 minutes' });
    await expect(run.result()).rejects.toThrow(RunTimedOutError);
    expect(typesOf(await allEvents(run)).at(-1)).toBe('run_timed_out');
  });

  it('that never was is not found', async () => {
    const { perdure } = await clientWorld({ scripts: {} });
    const run = perdure.run('nobody');
    await expect(run.result()).rejects.toThrow(RunNotFoundError);
    await expect(run.describe()).rejects.toThrow(RunNotFoundError);
    await expect(run.reply('x')).rejects.toThrow(RunNotFoundError);
    await expect(allEvents(run)).rejects.toThrow(RunNotFoundError);
  });

  it('is found in lists', async () => {
    const { perdure } = await clientWorld({
      scripts: {
        lister: [{ calls: [{ agent: 'helper' }] }, { complete: 'done' }],
        helper: [{ complete: 'ok' }],
        asker: asks,
      },
    });
    await (await perdure.start('lister', { input: 'Hi', id: 'a' })).result();
    const open = await perdure.start('asker', { input: 'Hi', id: 'b' });
    await eventOf(open, 'input_requested');
    const ids = async (options?: Parameters<typeof perdure.listRuns>[0]) =>
      (await perdure.listRuns(options)).runs.map(({ id }) => id);
    expect((await ids()).slice(0, 2).toSorted()).toEqual(['a', 'b']);
    expect((await ids()).some((id) => id.includes('/'))).toBe(false);
    await expect(ids({ status: 'running' })).resolves.toEqual(['b']);
    await expect(ids({ agent: 'lister' })).resolves.toEqual(['a']);
    await expect(ids({ limit: 1 })).resolves.toHaveLength(1);
    await open.abort();
  });
});

describe('without a worker', () => {
  it('an answer says that there is none', async () => {
    const perdure = await connect({ engine: { type: 'embedded', memory: true }, taskQueue: 'idle' });
    const run = await perdure.start('main', { input: 'Hi' });
    const answered = run.reply('x', { waitId: 's1.1', timeout: 50 });
    await expect(answered).rejects.toThrow(NoWorkerError);
    await expect(answered).rejects.toThrow("No worker works on the task queue 'idle'");
    await expect(run.pending()).resolves.toEqual([]);
    await run.steer('Hello?');
    await run.abort();
    await expect(run.result()).rejects.toThrow(RunTerminatedError);
    await perdure.close();
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function allUntilSecond(run: Parameters<typeof eventOf>[0]): Promise<string> {
  let seen = 0;
  for await (const event of run.events()) {
    if (event.type === 'input_requested' && ++seen === 2) return event.wait.id;
  }
  throw new Error('it was not asked twice');
}

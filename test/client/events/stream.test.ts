import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { Token, TokenChannel } from '../../../src/agent/token-channel.ts';
import { processTokens } from '../../../src/agent/tokens/local-tokens.ts';
import { connect } from '../../../src/client/connect.ts';
import { compareEventIds } from '../../../src/client/events/ids.ts';
import type { RunEvent, TokenEvent } from '../../../src/client/events/event.ts';
import type { Run } from '../../../src/client/run.ts';
import { ConfigurationError } from '../../../src/engine/index.ts';
import type { Script } from '../../e2e/agents-loop/fakes.ts';
import { allEvents, eventOf, typesOf } from '../support.ts';
import { useClientWorlds } from '../world.ts';

const clientWorld = useClientWorlds();

const asks: Script = [{ calls: [{ ask: 'Which order?' }] }, { complete: 'Thanks.' }];

/** Makes a history so large that the run goes on as new: twice. */
const large: Script = [
  { calls: Array.from({ length: 5 }, () => ({ tool: 'read' })) },
  { calls: [{ ask: 'Go on?' }] },
  { calls: Array.from({ length: 5 }, () => ({ tool: 'read' })) },
  { complete: 'Done.' },
];
const tools = { read: () => 'x'.repeat(1024 * 1024) };

describe('events', () => {
  it('tell what happens, in order, until the run has ended', async () => {
    const { perdure } = await clientWorld({
      scripts: {
        main: [{ text: 'I ask.', calls: [{ tool: 'find' }, { agent: 'helper' }] }, ...asks.slice(1)],
        helper: asks,
      },
      tools: { find: () => 'found' },
    });
    const run = await perdure.start('main', { input: 'Hi', metadata: { user: 'u1' } });
    const seen: RunEvent[] = [];
    for await (const event of run.events()) {
      seen.push(event);
      if (event.type === 'input_requested') await run.reply('1042');
    }
    const types = typesOf(seen);
    expect(types.slice(0, 4)).toEqual(['run_started', 'agent_resolved', 'model_called', 'model_responded']);
    expect(types.slice(4).toSorted()).toEqual([
      'agent_called',
      'agent_completed',
      'input_requested',
      'model_called',
      'model_responded',
      'run_completed',
      'tool_completed',
      'tool_started',
      'wait_answered',
    ]);
    expect(types.at(-1)).toBe('run_completed');
    expect(seen[0]).toMatchObject({ agent: 'main', input: 'Hi', metadata: { user: 'u1' } });
    expect(seen.map(({ id }) => id).toSorted(compareEventIds)).toEqual(seen.map(({ id }) => id));
    // The same again, of the run that has ended, and through the eyes of another client.
    await expect(allEvents(run)).resolves.toEqual(seen);
    await expect(allEvents(perdure.run(run.id))).resolves.toEqual(seen);
    // And those of the sub-agent.
    const called = seen.find((event) => event.type === 'agent_called');
    const below = await allEvents(perdure.run(called?.workflowId ?? ''));
    expect(typesOf(below).at(-1)).toBe('run_completed');
  });

  it('go on after any of them', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    await run.reply('1042');
    const all = await allEvents(run);
    for (const [index, { id }] of all.entries()) {
      await expect(allEvents(run, id)).resolves.toEqual(all.slice(index + 1));
    }
    await expect(allEvents(run, 'elsewhere')).rejects.toThrow(ConfigurationError);
  });

  it('end with what has happened so far when nobody wants to wait', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    const { id } = await eventOf(run, 'input_requested');
    const until: RunEvent[] = [];
    for await (const event of run.events({ follow: false })) until.push(event);
    expect(until.at(-1)?.id).toBe(id);
    await expect(run.events({ follow: false, from: id }).next()).resolves.toEqual({ done: true, value: undefined });
    await run.reply('1042');
  });

  it('follow a run that goes on as new', async () => {
    const { perdure, env } = await clientWorld({ scripts: { main: large }, tools });
    const run = await perdure.start('main', { input: 'Hi' });
    const early = allEvents(run);
    await eventOf(run, 'input_requested');
    await run.reply('yes');
    await expect(run.result()).resolves.toBe('Done.');
    const all = await early;
    const first = await env.client.workflow.getHandle(run.id).describe();
    expect(first.raw.workflowExecutionInfo?.firstRunId).not.toBe(first.runId);
    const continued = all.filter(({ type }) => type === 'run_continued');
    expect(continued.length).toBeGreaterThan(0);
    expect(typesOf(all).filter((type) => ['run_started', 'input_requested', 'wait_answered'].includes(type))).toEqual([
      'run_started',
      'input_requested',
      'wait_answered',
    ]);
    expect(all.map(({ id }) => id).toSorted(compareEventIds)).toEqual(all.map(({ id }) => id));
    await expect(allEvents(perdure.run(run.id))).resolves.toEqual(all);
    for (const from of [all[0], continued[0], all.at(-2)]) {
      await expect(allEvents(perdure.run(run.id), from?.id)).resolves.toEqual(all.slice(all.indexOf(from!) + 1));
    }
  }, 30_000);

  it('leave nothing behind when nobody reads on', async () => {
    const { perdure, env } = await clientWorld({ scripts: { main: asks } });
    const inFlight = new Set<AbortSignal>();
    const client = Object.create(env.client) as Client;
    client.withAbortSignal = async (signal, call) => {
      inFlight.add(signal);
      return await env.client.withAbortSignal(signal, call).finally(() => inFlight.delete(signal));
    };
    const watched = await connect({ engine: env.engine, client, taskQueue: 'agents' });
    const run = await watched.start('main', { input: 'Hi' });
    const stream = run.events();
    for await (const event of stream) {
      if (event.type !== 'input_requested') continue;
      // Reads ahead, so that a call is under way.
      break;
    }
    await expect(stream.next()).resolves.toEqual({ done: true, value: undefined });
    expect([...inFlight].filter(({ aborted }) => !aborted)).toEqual([]);
    const waiting = run.events({ from: await lastId(perdure.run(run.id)) });
    const next = waiting.next();
    while (inFlight.size === 0) await new Promise((resolve) => setImmediate(resolve));
    await run.steer('Go on.');
    await next;
    await waiting.return();
    expect([...inFlight].filter(({ aborted }) => !aborted)).toEqual([]);
    await run.abort();
  });

  it('end by a signal', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi' });
    const stop = new AbortController();
    const reading = (async () => {
      for await (const event of run.events({ signal: stop.signal })) {
        if (event.type === 'input_requested') setImmediate(() => stop.abort(new Error('enough')));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    await expect(run.events({ signal: stop.signal }).next()).rejects.toThrow('enough');
    await run.abort();
  });
});

/** The id of the newest event. */
async function lastId(run: Run<unknown>): Promise<string> {
  return (await eventOf(run, 'input_requested')).id;
}

describe('tokens', () => {
  const token = (changes: Partial<Token>): Token => ({
    workflowId: 'talk',
    agent: 'main',
    step: 1,
    attempt: 1,
    offset: 0,
    type: 'text',
    text: 'Which ',
    ...changes,
  });

  function channel() {
    const listeners = new Map<string, (token: Token) => void>();
    const subscriptions: string[] = [];
    const tokens: TokenChannel = {
      publish: (each) => listeners.get(each.workflowId)?.(each),
      subscribe: (workflowId, listener) => {
        listeners.set(workflowId, listener);
        subscriptions.push(workflowId);
        return () => void listeners.delete(workflowId);
      },
      close: async () => {},
    };
    return { tokens, listeners, subscriptions };
  }

  it('come between the events, and are old once the message is there', async () => {
    const { tokens, listeners, subscriptions } = channel();
    const speak = () => {
      tokens.publish(token({}));
      tokens.publish(token({ type: 'reasoning', text: 'Hm', attempt: 2 }));
    };
    const { env } = await clientWorld({
      scripts: {
        main: [
          async () => {
            await Promise.resolve(speak());
            await heard;
            return { calls: [{ agent: 'helper' }, { ask: 'Which?' }] };
          },
          { complete: 'Thanks.' },
        ],
        helper: [{ complete: 'ok' }],
      },
    });
    const perdure = await connect({ engine: env.engine, client: env.client, taskQueue: 'agents', tokens });
    let hear = (): void => {};
    const heard = new Promise<void>((resolve) => (hear = resolve));
    const stream = perdure.run('talk').events({ tokens: true });
    const seen: (RunEvent | TokenEvent)[] = [];
    const run = perdure.start('main', { input: 'Hi', id: 'talk' });
    await run;
    // Whoever listens too late hears nothing; so it is said until somebody listens.
    const saying = setInterval(speak, 5);
    for await (const event of stream) {
      seen.push(event);
      if (event.type === 'token') {
        clearInterval(saying);
        hear();
      }
      if (event.type === 'input_requested') {
        tokens.publish(token({ text: 'late' }));
        await perdure.run('talk').reply('1042');
      }
    }
    const said = seen.filter((event) => event.type === 'token');
    expect(said[0]).toEqual({
      type: 'token',
      kind: 'text',
      workflowId: 'talk',
      agent: 'main',
      step: 1,
      attempt: 1,
      offset: 0,
      text: 'Which ',
    });
    expect(said).toContainEqual(expect.objectContaining({ kind: 'reasoning', attempt: 2 }));
    expect(said).not.toContainEqual(expect.objectContaining({ text: 'late' }));
    expect(subscriptions).toEqual(['talk', 'talk/s1.1.helper']);
    expect(listeners.size).toBe(0);
  });

  it('are those of this process when nobody says otherwise', async () => {
    const { perdure } = await clientWorld({ scripts: { main: asks } });
    const run = await perdure.start('main', { input: 'Hi', id: 'alone' });
    const saying = setInterval(() => processTokens().publish(token({ workflowId: 'alone', step: 5 })), 5);
    for await (const event of run.events({ tokens: true })) if (event.type === 'token') break;
    clearInterval(saying);
    await run.abort();
  });
});

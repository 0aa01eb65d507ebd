import { fileURLToPath } from 'node:url';
import { Runtime } from '@temporalio/worker';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { defineAgent } from '../../src/agent/define-agent.ts';
import { connect } from '../../src/client/connect.ts';
import type { RunEvent } from '../../src/client/events/event.ts';
import { ConfigurationError, type Engine, EngineUnavailableError } from '../../src/engine/index.ts';
import {
  type AgentWorker,
  createWorker,
  runWorker,
  ShutdownDeadlineError,
  workflowCode,
} from '../../src/worker/index.ts';
import { billing, completionTokens, deps, desk } from './desk.ts';
import { scripted, silent } from './support.ts';

Runtime.install({ logger: silent });

beforeAll(async () => {
  await workflowCode();
}, 60_000);

let env: TestEnvironment;
beforeEach(async () => {
  env = await createTestEnvironment();
  onTestFinished(() => env.teardown());
});

/** Lets a worker run until the test has ended. */
function running(worker: AgentWorker): AgentWorker {
  const done = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await done;
  });
  return worker;
}

/** A member of an engine, callable on its own: engines have private state. */
function bound(engine: Engine, key: string | symbol): unknown {
  const value: unknown = Reflect.get(engine, key, engine);
  return typeof value === 'function' ? (value.bind(engine) as unknown) : value;
}

const quick = defineAgent({ name: 'quick', model: scripted({ text: 'Hello!' }), instructions: 'Greet.' });

describe('a worker', () => {
  it('lets tools hear of a cancellation within about a second, unless it is told otherwise', async () => {
    const own = { maxHeartbeatThrottleInterval: '5 s' } as const;
    for (const [workerOptions, expected] of [
      [{}, '1 s'],
      [own, '5 s'],
    ] as const) {
      const worker = running(await createWorker({ agents: [quick], engine: env.engine, workerOptions }));
      expect(worker.worker.options.maxHeartbeatThrottleInterval).toBe(expected);
    }
  });

  it('gives activities the times and retries of its engine where agents say nothing', async () => {
    const activityDefaults = { startToCloseTimeout: '7m', retry: { maximumAttempts: 2 } } as const;
    const engine = new Proxy(env.engine, {
      get: (target, key) => (key === 'activityDefaults' ? activityDefaults : bound(target, key)),
    });
    running(await createWorker({ agents: [quick], engine }));
    const perdure = await connect({ engine: env.engine, client: env.client });
    const run = await perdure.start(quick, { input: 'Hi' });
    await run.result();
    const { events } = await env.client.workflow.getHandle(run.id).fetchHistory();
    const call = events?.find(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'agent.callModel',
    )?.activityTaskScheduledEventAttributes;
    expect(Number(call?.startToCloseTimeout?.seconds)).toBe(420);
    expect(call?.retryPolicy?.maximumAttempts).toBe(2);
  });

  it('runs agents with their tools, sub-agents, questions and completion tokens', async () => {
    const worker = running(await createWorker({ agents: [desk], deps, engine: env.engine }));
    await worker.ready;
    expect(worker.agents).toEqual(['desk', 'billing']);
    const perdure = await connect({ engine: env.engine, client: env.client });
    const run = await perdure.start(desk, { input: 'Where is my order 7?' });
    const seen: RunEvent[] = [];
    const refused: unknown[] = [];
    const note = (error: unknown): void => void refused.push(error);
    for await (const event of run.events()) {
      seen.push(event);
      if (event.type === 'input_requested') await run.reply('Yes, please.');
      if (event.type !== 'tool_awaited') continue;
      const [token = ''] = completionTokens.splice(0);
      await perdure.completeTool(token, { result: { parcel: 'P1' } });
      await perdure.completeTool(token, { result: { parcel: 'P1' } });
      await perdure.completeTool(token, { result: { parcel: 'P2' } }).catch(note);
      await perdure.completeTool(`${token}x`, { result: 1 }).catch(note);
    }
    expect(refused).toMatchObject([{ reason: 'not_open' }, { reason: 'bad_token' }]);
    await expect(run.result()).resolves.toContain('P1');
    const texts = seen.flatMap((event) => (event.type === 'model_responded' ? event.text : []));
    expect(texts.join('\n')).toMatch(/order 7 is lost[^]*The bill is paid[^]*Yes, please[^]*P1/);
    const messages = await run.messages();
    expect(messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'assistant',
    ]);
  });

  it('runs workflows and activities of the author beside', async () => {
    const worker = running(
      await createWorker({
        agents: [billing],
        engine: env.engine,
        workflowsPath: fileURLToPath(new URL('./fixtures/workflows.ts', import.meta.url)),
        activities: { price: async () => 42 },
      }),
    );
    await worker.ready;
    const { client } = env;
    const options = { taskQueue: 'perdure', workflowId: 'own', args: ['Order 7?'] };
    await expect(client.workflow.execute('billAndPrice', options)).resolves.toEqual({
      answer: 'The bill is paid.',
      price: 42,
    });
    const perdure = await connect({ engine: env.engine, client });
    await expect(perdure.run('own').result()).resolves.toEqual({ answer: 'The bill is paid.', price: 42 });
  }, 60_000);

  it('stops by a signal, and lets go of the engine that it opened', async () => {
    const stop = new AbortController();
    let engine: Engine | undefined;
    await runWorker({
      agents: [quick],
      engine: { type: 'embedded', memory: true },
      signal: stop.signal,
      onReady: (worker) => {
        engine = worker.engine;
        stop.abort();
      },
    });
    await expect(engine?.client.workflow.getHandle('x').describe()).rejects.toThrow('Failed to describe');
    expect((await engine?.health())?.status).toBe('unhealthy');
    // And leaves one alone that was passed.
    await runWorker({ agents: [quick], engine: env.engine, signal: AbortSignal.abort() });
    expect((await env.engine.health()).status).toBe('healthy');
  });

  it('can be closed without having run, and runs once', async () => {
    const worker = await createWorker({ agents: [quick], engine: env.engine });
    await worker.close();
    await worker.close();
    await expect(worker.run()).rejects.toThrow('runs once');
  });

  it('says so when something does not stop in time', async () => {
    let begun = (): void => {};
    const isBusy = new Promise<void>((resolve) => (begun = resolve));
    let end = (): void => {};
    const isOver = new Promise<void>((resolve) => (end = resolve));
    const deaf = async (): Promise<void> => {
      begun();
      await isOver;
    };
    const worker = await createWorker({
      activities: { deaf },
      engine: env.engine,
      workflowsPath: fileURLToPath(new URL('./fixtures/workflows.ts', import.meta.url)),
      shutdownDeadline: 100,
    });
    const run = worker.run();
    await env.client.workflow.start('callDeaf', { taskQueue: 'perdure', workflowId: 'deaf' });
    await isBusy;
    worker.shutdown();
    await expect(run).rejects.toThrow(ShutdownDeadlineError);
    end();
  });
});

describe('a worker is refused', () => {
  const refused = async (options: object): Promise<unknown> =>
    await createWorker({ engine: env.engine, ...options }).then(
      async (worker) => {
        await worker.close();
        return 'not refused';
      },
      (error: unknown) => error,
    );

  it.each<[string, object, string | RegExp]>([
    ['nothing to do', {}, 'agents: is empty, so the worker has nothing to do.'],
    ['what is no agent', { agents: [{ name: 'x' }] }, 'agents[0]: is no agent. Pass what defineAgent returns.'],
    [
      'a provider that is not installed',
      { agents: [defineAgent({ name: 'lost', model: 'nowhere/large', instructions: 'x' })] },
      /agent 'lost', model: The provider of "nowhere\/large" is not installed: there is no @ai-sdk\/nowhere in \/.*, or above\. Run npm install @ai-sdk\/nowhere/,
    ],
    [
      'a file that is not there',
      { agents: [quick], workflowsPath: '/nowhere/workflows.ts' },
      "there is no '/nowhere/workflows.ts'",
    ],
    [
      'a name that is taken',
      { agents: [quick], activities: { 'agent.resolve': () => {} } },
      "'agent.resolve' is the name of one",
    ],
    ['an empty secret', { agents: [quick], secret: '' }, 'secret: is empty'],
    ['a deadline that is none', { agents: [quick], shutdownDeadline: 'soon' }, 'is no time'],
  ])('for %s', async (_, options, message) => {
    const error = await refused(options);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(message);
  });

  it('for all models that are missing at once', async () => {
    const agents = ['one', 'two'].map((name) => defineAgent({ name, model: 'nowhere/large', instructions: 'x' }));
    expect(String(await refused({ agents }))).toMatch(/2 of them have no model:\n- agent 'one'.*\n- agent 'two'/);
  });

  it('for two agents with one name', async () => {
    const other = defineAgent({ name: 'quick', model: scripted({ text: 'x' }), instructions: 'y' });
    expect(String(await refused({ agents: [quick, other] }))).toContain('two different agents have this name');
  });

  it('for an async tool where tokens cannot be signed', async () => {
    const engine = Object.create(env.engine, { name: { value: 'other' }, secret: { value: undefined } }) as Engine;
    const error = await refused({ agents: [desk], deps, engine });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain("the tool 'ship' completes later");
  });

  it('for workflow code that cannot be bundled', async () => {
    const workflowsPath = fileURLToPath(new URL('./fixtures/forbidden.ts', import.meta.url));
    const error = await refused({ agents: [quick], workflowsPath });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('node:fs');
    expect(String(error)).toContain('forbidden.ts');
    expect(String(error).split('\n').length).toBeLessThan(12);
  }, 60_000);

  it('for a server that does not answer', async () => {
    const engine = { type: 'temporal', connection: { address: '127.0.0.1:1', connectTimeout: 200 } } as const;
    expect(await refused({ agents: [quick], engine })).toBeInstanceOf(EngineUnavailableError);
  });
});

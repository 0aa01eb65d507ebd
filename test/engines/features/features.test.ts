import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClientOptions, type ClientPlugin, WorkflowFailedError } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { InjectedSinks, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { createEmbeddedEngine } from 'perdure/embedded';
import type { Engine } from 'perdure/engine';
import { createTemporalEngine } from 'perdure/temporal';
import { afterEach, describe, expect, it } from 'vitest';
import { Money } from './fixtures/money.ts';
import { type AuditSinks, doubles, fails, greets } from './fixtures/workflows.ts';

type ClientExtras = Omit<ClientOptions, 'connection' | 'namespace'>;

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
const folders: string[] = [];

const engines: readonly [string, boolean, (client: ClientExtras) => Promise<Engine>][] = [
  ['memory', true, (client) => createEmbeddedEngine({ memory: true, client })],
  ['sqlite', true, (client) => createEmbeddedEngine({ path: join(makeFolder(), 'perdure.db'), client })],
  ['temporal', address !== undefined, (client) => createTemporalEngine({ client }, { TEMPORAL_ADDRESS: address })],
];

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-features-'));
  folders.push(folder);
  return folder;
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

const activities = {
  greet: async (name: string): Promise<string> => `Hello, ${name}`,
  double: async (money: Money): Promise<Money> => new Money(money.cents * 2),
};

class ReversingCodec implements PayloadCodec {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => ({
      metadata: { encoding: Buffer.from('test/reversed'), inner: payload.metadata?.['encoding'] ?? Buffer.alloc(0) },
      data: (payload.data ?? new Uint8Array()).toReversed(),
    }));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map(({ metadata, data }) => ({
      metadata: { encoding: metadata?.['inner'] ?? Buffer.alloc(0) },
      data: (data ?? new Uint8Array()).toReversed(),
    }));
  }
}

describe.each(engines)('what the official packages offer, on %s', (_, available, create) => {
  const open: Engine[] = [];

  afterEach(async () => {
    await Promise.all(open.splice(0).map((engine) => engine.close()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  async function run<T>(
    client: ClientExtras,
    worker: Partial<WorkerOptions>,
    body: (engine: Engine, start: { taskQueue: string; workflowId: string }) => Promise<T>,
  ): Promise<T> {
    const engine = await create(client);
    open.push(engine);
    const start = { taskQueue: randomUUID(), workflowId: randomUUID() };
    const sinks: InjectedSinks<AuditSinks> = { audit: { note: { fn: () => {} } } };
    const defaults = { taskQueue: start.taskQueue, workflowsPath: pathOf('workflows.ts'), activities, sinks };
    const made = await engine.createWorker({ ...defaults, ...worker });
    return await made.runUntil(() => body(engine, start));
  }

  it.runIf(available)('interceptors of client, workflow and activity', async () => {
    const seen: string[] = [];
    const who: Payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"Ann"') };
    const result = await run(
      {
        interceptors: {
          workflow: [
            { startWithDetails: async (input, next) => await next({ ...input, headers: { ...input.headers, who } }) },
          ],
        },
      },
      {
        interceptors: {
          workflowModules: [pathOf('workflow-interceptors.ts')],
          activity: [
            (context) => ({
              inbound: {
                execute: async (input, next) => {
                  seen.push(`${context.info.activityType}(${String(input.args[0])})`);
                  return await next(input);
                },
              },
            }),
          ],
        },
      },
      (engine, start) => engine.client.workflow.execute(greets, { ...start, args: ['Bob'] }),
    );
    expect(result).toBe('Hello, BOB!');
    expect(seen).toEqual(['greet(BOB)']);
  });

  it.runIf(available)('sinks', async () => {
    const notes: string[] = [];
    const sinks: InjectedSinks<AuditSinks> = {
      audit: {
        note: { fn: (info, text) => void notes.push(`${info.workflowType}: ${text}`), callDuringReplay: false },
      },
    };
    await run({}, { sinks, maxCachedWorkflows: 0 }, (engine, start) =>
      engine.client.workflow.execute(greets, { ...start, args: ['Bob'] }),
    );
    expect(notes).toEqual(['greets: greets greets Bob']);
  });

  it.runIf(available)('payload codecs', async () => {
    const dataConverter = { payloadCodecs: [new ReversingCodec()] };
    await run({ dataConverter }, { dataConverter }, async (engine, start) => {
      const handle = await engine.client.workflow.start(greets, { ...start, args: ['Bob'] });
      await expect(handle.result()).resolves.toBe('Hello, Bob');
      const { events } = await handle.fetchHistory();
      const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      expect(Buffer.from(input?.data ?? []).toString()).toBe('"boB"');
    });
  });

  it.runIf(available)('payload converters', async () => {
    const dataConverter = { payloadConverterPath: pathOf('converter.ts') };
    const result = await run({ dataConverter }, { dataConverter }, (engine, start) =>
      engine.client.workflow.execute(doubles, { ...start, args: [new Money(21)] }),
    );
    expect(result).toEqual({ cents: 42 });
  });

  it.runIf(available)('failure converters', async () => {
    const dataConverter = { failureConverterPath: pathOf('converter.ts') };
    await run({ dataConverter }, { dataConverter }, async (engine, start) => {
      const error = await engine.client.workflow.execute(fails, start).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(error).toMatchObject({ cause: { message: 'the secret number is **', type: 'Secret' } });
    });
  });

  it.runIf(available)('plugins of client and worker', async () => {
    const seen: string[] = [];
    const plugin: ClientPlugin & WorkerPlugin = {
      name: 'test-plugin',
      configureClient: (options) => ({ ...options, identity: 'the plugin' }),
      configureWorker: (options) => ({
        ...options,
        activities: { ...activities, greet: async (name: string) => `Welcome, ${name}` },
      }),
      runWorker: async (worker, next) => {
        seen.push('before');
        await next(worker);
        seen.push('after');
      },
    };
    await run({ plugins: [plugin] }, { plugins: [plugin] }, async (engine, start) => {
      const handle = await engine.client.workflow.start(greets, { ...start, args: ['Bob'] });
      await expect(handle.result()).resolves.toBe('Welcome, Bob');
      const { events } = await handle.fetchHistory();
      expect(events?.[0]?.workflowExecutionStartedEventAttributes?.identity).toBe('the plugin');
    });
    expect(seen).toEqual(['before', 'after']);
  });
});

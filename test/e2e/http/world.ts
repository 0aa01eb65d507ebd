import { randomUUID } from 'node:crypto';
import { Runtime } from '@temporalio/worker';
import { connect, defineAgent, defineTool, type AnyAgent, type Perdure } from 'perdure';
import type { Engine } from 'perdure/engine';
import { type EngineConfig, openEngine } from 'perdure/engines';
import { type ApiServer, createApiKey, serveApi, type ServeOptions } from 'perdure/http';
import { createWorker } from 'perdure/worker';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { silentLogger } from '../../support/silent-logger.ts';
import { lastSaid, scripted } from '../../worker/support.ts';

Runtime.install({ logger: silentLogger });

const { PERDURE_TEST_TEMPORAL_ADDRESS: address, PERDURE_TEST_REDIS_URL: redis } = process.env;

/** The engines of these tests, and whether they are there. */
export const ENGINES: readonly (readonly [string, boolean, EngineConfig])[] = [
  ['embedded', true, { type: 'embedded', memory: true }],
  ['bullmq', redis !== undefined, { type: 'bullmq', redis: redis ?? '', prefix: `http-${randomUUID()}` }],
  ['temporal', address !== undefined, { type: 'temporal', connection: { address: address ?? '' } }],
];

/** Completion tokens that the tool `ship` was given. */
export const tokens: string[] = [];

const refund = defineTool({
  name: 'refund',
  description: 'Pays back.',
  input: z.object({ amount: z.number() }),
  approval: ({ amount }) => `Refund ${amount}?`,
  run: ({ amount }) => `refunded ${amount}`,
});
const ship = defineTool({
  name: 'ship',
  description: 'Ships, some day.',
  completion: 'async',
  run: async (_, { completionToken }) => void tokens.push(completionToken),
});

/** Says what it was told. */
const echo: AnyAgent = defineAgent({
  name: 'echo',
  model: scripted((options) => ({ text: lastSaid(options) })),
  instructions: 'Repeat.',
});

/** Of typed input. */
const typed: AnyAgent = defineAgent({
  name: 'typed',
  input: z.strictObject({ order: z.number(), note: z.string().optional() }),
  model: scripted({ text: 'Seen.' }),
  instructions: 'Look.',
});

/** Asks the user, then repeats. */
const asker: AnyAgent = defineAgent({
  name: 'asker',
  model: scripted({ calls: [{ tool: 'request_user_input', input: { message: 'Which order?' } }] }, (options) => ({
    text: lastSaid(options),
  })),
  instructions: 'Ask.',
});

/** Asks for an approval. */
const cashier: AnyAgent = defineAgent({
  name: 'cashier',
  model: scripted({ calls: [{ tool: 'refund', input: { amount: 200 } }] }, (options) => ({ text: lastSaid(options) })),
  instructions: 'Refund.',
  tools: [refund],
});

/** Waits for an async tool. */
const shipper: AnyAgent = defineAgent({
  name: 'shipper',
  model: scripted({ calls: [{ tool: 'ship' }] }, (options) => ({ text: lastSaid(options) })),
  instructions: 'Ship.',
  tools: [ship],
});

/** Asks a sub-agent, which asks the user. */
const boss: AnyAgent = defineAgent({
  name: 'boss',
  model: scripted({ calls: [{ tool: 'asker', input: { message: 'Ask them.' } }] }, (options) => ({
    text: lastSaid(options),
  })),
  instructions: 'Let ask.',
  agents: [asker],
});

export const AGENTS: readonly AnyAgent[] = [echo, typed, asker, cashier, shipper, boss];

/** Keys of all roles, and of two tenants. */
export const KEYS = {
  viewer: createApiKey({ id: 'viewer', role: 'viewer' }),
  operator: createApiKey({ id: 'operator', role: 'operator' }),
  admin: createApiKey({ id: 'admin', role: 'admin' }),
  acme: createApiKey({ id: 'acme', role: 'admin', tenant: 'acme' }),
  beta: createApiKey({ id: 'beta', role: 'admin', tenant: 'beta' }),
} as const;

/** Who asks, by key; `none` sends no credential. */
export type Who = keyof typeof KEYS | 'none';

/** What the API answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // What the API answers is what tests look at.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** An engine with a worker, and an API that listens. */
export interface HttpWorld {
  readonly engine: Engine;
  readonly perdure: Perdure;
  readonly server: ApiServer;
  /** Asks the API. A body is sent as JSON; text and bytes as they are. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    options?: { who?: Who; headers?: Record<string, string> },
  ): Promise<Answered>;
}

/** Sets up a world for the tests of a file. */
export function useHttpWorld(config: EngineConfig, options: Partial<ServeOptions> = {}): () => HttpWorld {
  let world: HttpWorld;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const taskQueue = `http-${randomUUID()}`;
    const secret = 'a secret of the tests that is long enough';
    const engine = await openEngine(config);
    const worker = await createWorker({
      engine,
      taskQueue,
      secret,
      agents: [...AGENTS] as never,
      workerOptions: { workflowThreadPoolSize: 1 },
    });
    const running = worker.run();
    const perdure = await connect({ engine, taskQueue, secret });
    const keys = Object.values(KEYS).map(({ record }) => record);
    const server = await serveApi({ perdure, agents: AGENTS, auth: { keys }, port: 0, ...options });
    world = { engine, perdure, server, ask: asking(server.url) };
    stop = async () => {
      await server.close();
      worker.shutdown();
      await running;
      await engine.close();
    };
  }, 120_000);
  afterAll(() => stop());
  return () => world;
}

/** How the API at an address is asked. */
export function asking(url: string): HttpWorld['ask'] {
  return async (method, path, body, { who = 'admin', headers = {} } = {}) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const request: RequestInit = {
      method,
      headers: {
        ...(who === 'none' ? {} : { authorization: `Bearer ${KEYS[who].key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : isRaw ? (body as string) : JSON.stringify(body),
      redirect: 'manual',
    };
    const response = await fetch(url + path, request);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
  };
}

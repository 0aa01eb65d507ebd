import { inspect } from 'node:util';
import { APICallError } from '@ai-sdk/provider';
import { ApplicationFailure, log } from '@temporalio/activity';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import { resultOf } from '../../../src/agent/mcp/result.ts';
import type { AnyTool, AsyncToolContext, ToolContext } from '../../../src/agent/types.ts';
import { connect } from '../../../src/client/connect.ts';
import { openEngine } from '../../../src/engines/index.ts';
import { createTelemetry } from '../../../src/observability/index.ts';
import { createWorker } from '../../../src/worker/index.ts';
import { allEvents } from '../../client/support.ts';
import { scripted } from '../../worker/support.ts';
import { places } from './places.ts';

/** What must not be found anywhere; by the place where it is planted. */
const canary = (place: string): string => `Canary0${place}0Canary`;
const PEM = `-----BEGIN PRIVATE KEY-----\n${canary('pem')}\n-----END PRIVATE KEY-----`;

interface Deps {
  readonly database: { readonly url: string; readonly password: string };
}

const deps: Deps = { database: { url: `postgres://app:${canary('url')}@db/app`, password: canary('deps') } };

/** What each tool throws. */
const thrown: Readonly<Record<string, () => unknown>> = {
  message: () => new Error(`connect with password=${canary('message')}`),
  cause: () => new Error('fetch failed', { cause: new Error(`authorization: Bearer ${canary('cause')}`) }),
  stack: () => Object.assign(new Error('see the stack'), { stack: `Error: x\n    at token=${canary('stack')}` }),
  details: () => ApplicationFailure.nonRetryable('refused', 'Refused', { headers: { 'x-api-key': canary('details') } }),
  pem: () => new Error(PEM),
  url: () => new Error(`connect ECONNREFUSED ${deps.database.url}`),
  environment: () => new Error(`the key is ${process.env['CANARY_API_KEY']}`),
  payloadKeys: () => new Error(`one of ${process.env['CANARY_PAYLOAD_KEYS']}`),
  known: () => new Error(`plainly ${canary('known')}`),
  noError: () => ({ body: { client_secret: canary('object') } }),
  mcp: () => resultOf({ isError: true, content: [{ type: 'text', text: `api_key: ${canary('mcp')}` }] }),
  cookie: () => new Error(`cookie: session=${canary('cookie')}; theme=dark`),
};

const throwing: AnyTool[] = Object.entries(thrown).map(([name, make]) =>
  defineTool({
    name,
    description: 'Throws.',
    retry: { maximumAttempts: 1 },
    run: () => {
      throw make();
    },
  }),
);

const logging = defineTool({
  name: 'logging',
  description: 'Logs.',
  run: (_, context: ToolContext<Deps>) => {
    log.info(`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${canary('jwt')}`);
    log.info('with fields', { authorization: canary('field'), nested: [{ password: canary('nested') }] });
    log.warn('with an error', { error: new Error('x', { cause: new Error(`secret=${canary('logged')}`) }) });
    log.info('with deps', { deps: context.deps });
    return 'logged';
  },
});

let completionToken = '';
const later = defineTool({
  name: 'later',
  description: 'Later.',
  completion: 'async',
  run: (_, context: AsyncToolContext) => {
    completionToken = context.completionToken;
    log.info(`complete with ${completionToken}`, { completionToken });
  },
});

function failingOnce(model: ReturnType<typeof scripted>): ReturnType<typeof scripted> {
  let calls = 0;
  return {
    ...model,
    doStream: async (options) => {
      if (calls++ > 0) return await model.doStream(options);
      throw new APICallError({
        message: `Incorrect API key provided: sk-proj-${canary('provider')}`,
        url: `https://user:${canary('provider-url')}@api.example.com/v1`,
        requestBodyValues: { apiKey: canary('request') },
        responseHeaders: { 'set-cookie': canary('response-header'), authorization: canary('response-auth') },
        responseBody: `{"token":"${canary('response-body')}"}`,
        statusCode: 500,
        isRetryable: true,
      });
    },
  };
}

describe.each(places)('secrets on $name', ({ isThere, place }) => {
  it.skipIf(!isThere)('are found nowhere', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('CANARY_API_KEY', canary('environment'));
    vi.stubEnv('CANARY_PAYLOAD_KEYS', `a:${canary('payload-keys').padEnd(43, 'A')}=`);
    const agent = defineAgent({
      name: 'clerk',
      model: failingOnce(
        scripted({ calls: [...throwing, logging, later].map(({ name }) => ({ tool: name })) }, { text: 'Done.' }),
      ),
      modelRetry: { maximumAttempts: 2, initialInterval: 1 },
      instructions: 'Work.',
      tools: [...throwing, logging, later],
      settings: { providerOptions: { fake: { apiKey: canary('provider-options') } } },
    });
    const { engine: config, taskQueue, dump } = place();
    const lines: string[] = [];
    const spans = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    const telemetry = createTelemetry({
      logger: { level: 'trace', write: (line) => void lines.push(line) },
      content: true,
      redact: { values: [canary('known')] },
      tracerProvider,
    });
    const secret = canary('secret').repeat(2);
    // The worker opens the engine: on Temporal, one that is open already has a log of its own.
    const worker = await createWorker({ engine: config, agents: [agent], deps, taskQueue, telemetry, secret });
    const { engine } = worker;
    const running = worker.run();
    const perdure = await connect({ engine, taskQueue, secret });
    const run = await perdure.start(agent, { input: 'Work.' });
    await expect.poll(() => completionToken).not.toBe('');
    await perdure.completeTool(completionToken, { result: 'done' });
    expect(await run.result()).toBe('Done.');

    const seen = {
      logs: lines.join(''),
      history: JSON.stringify(await decodedHistory(engine, run.id)),
      stored: (await dump?.()) ?? '',
      events: JSON.stringify(await allEvents(run)),
      steps: JSON.stringify(await run.steps()),
      spans: inspect(
        spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
        { depth: 8, maxStringLength: null, maxArrayLength: null },
      ),
    };
    worker.shutdown();
    await running;
    seen.logs = lines.join('');
    for (const [where, text] of Object.entries(seen)) expect(canariesIn(text), where).toEqual([]);
    // What is left still says what has happened.
    expect(seen.logs).toContain('with fields');
    expect(seen.history).toContain('logged');
    expect(seen.history).toContain('[redacted]');
    expect(seen.events).toContain('[redacted]');
    expect(seen.spans).toContain('[redacted]');
    completionToken = '';
  });
});

it('passwords in URLs of engines are in no error of a connection', async () => {
  const redis = `redis://default:${canary('redis')}@127.0.0.1:1/0`;
  const error: unknown = await openEngine({ type: 'bullmq', redis }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(canariesIn(inspect(error, { depth: 8 }))).toEqual([]);
});

/** Payloads of a history are base64 in its JSON. */
async function decodedHistory(engine: Awaited<ReturnType<typeof openEngine>>, id: string): Promise<unknown> {
  const history = await engine.client.workflow.getHandle(id).fetchHistory();
  const plain: unknown = JSON.parse(JSON.stringify(history));
  return JSON.parse(
    JSON.stringify(plain, (name, value: unknown) =>
      name === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
    ),
  );
}

function canariesIn(text: string): readonly string[] {
  return [...new Set(text.match(/Canary0[\w-]+?0Canary/g))].concat(
    completionToken !== '' && text.includes(completionToken) ? ['completion token'] : [],
  );
}

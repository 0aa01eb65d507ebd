import { fileURLToPath } from 'node:url';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import { connect } from '../../../src/client/connect.ts';
import { openEngine } from '../../../src/engines/index.ts';
import { createTelemetry, traceStarts } from '../../../src/observability/index.ts';
import { createWorker } from '../../../src/worker/index.ts';
import { scripted, silent } from '../../worker/support.ts';
import { places } from './places.ts';

const PROMPT = 'a prompt that is nobody’s business';
const workflowsPath = fileURLToPath(new URL('workflows.ts', import.meta.url));

const lookUp = defineTool({
  name: 'look_up',
  description: 'Looks something up, the second time.',
  retry: { maximumAttempts: 2, initialInterval: 1 },
  run: (_, { attempt }) => {
    if (attempt === 1) throw new Error('Not yet: password=hunter22');
    return 'found';
  },
});

const helper = defineAgent({
  name: 'helper',
  description: 'Helps.',
  model: scripted({ text: 'Helped.' }),
  instructions: 'Help.',
});

const clerk = defineAgent({
  name: 'clerk',
  model: scripted({ calls: [{ tool: 'look_up' }, { tool: 'helper', input: { message: 'Help.' } }] }, { text: 'Done.' }),
  instructions: 'Work.',
  tools: [lookUp],
  agents: [helper],
});

const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 1e8 })],
});

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(async () => {
  context.disable();
  await meterProvider.shutdown();
});

interface Named {
  readonly [name: string]: readonly ReadableSpan[];
}

function byName(traceId: string): Named {
  const ours = spans.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  return Object.groupBy(ours, ({ name }) => name) as Named;
}

function only(named: Named, name: string): ReadableSpan {
  const [span, ...others] = named[name] ?? [];
  if (span === undefined || others.length > 0) throw new Error(`There is not one span ${name}.`);
  return span;
}

const parentOf = (span: ReadableSpan | undefined): string | undefined => span?.parentSpanContext?.spanId;

describe.each(places)('traces on $name', ({ isThere, place }) => {
  it.skipIf(!isThere)('are one for a run, from its caller to its sub-agents and attempts', async () => {
    const { engine: config, taskQueue } = place();
    const engine = await openEngine(config);
    onTestFinished(() => engine.close());
    const telemetry = createTelemetry({ tracerProvider, meterProvider, logger: { write: () => {} } });
    const worker = await createWorker({ engine, agents: [clerk], taskQueue, telemetry, logger: silent });
    const running = worker.run();
    const perdure = await connect({ engine, taskQueue, telemetry });
    const caller = tracerProvider.getTracer('test').startSpan('caller');
    const run = await context.with(trace.setSpan(context.active(), caller), () =>
      perdure.start(clerk, { input: PROMPT }),
    );
    expect(await run.result()).toBe('Done.');
    worker.shutdown();
    await running;

    const named = byName(caller.spanContext().traceId);
    const invoked = only(named, 'invoke_agent clerk');
    const id = invoked.spanContext().spanId;
    expect(parentOf(invoked)).toBe(caller.spanContext().spanId);
    expect(
      named['chat scripted']
        ?.map((span) => String(span.attributes['gen_ai.agent.name']))
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['clerk', 'clerk', 'helper']);
    const helped = only(named, 'invoke_agent helper');
    expect(parentOf(helped)).toBe(id);
    for (const span of named['chat scripted'] ?? []) {
      const isHelper = span.attributes['gen_ai.agent.name'] === 'helper';
      expect(parentOf(span)).toBe(isHelper ? helped.spanContext().spanId : id);
      expect(span.attributes).toMatchObject({
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'fake',
        'gen_ai.request.model': 'scripted',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.conversation.id': isHelper ? `${run.id}/s1.2.helper` : run.id,
      });
    }
    const attempts = named['execute_tool look_up'] ?? [];
    expect(attempts.map((span) => [span.attributes['perdure.attempt'], span.status.code, parentOf(span)])).toEqual([
      [1, SpanStatusCode.ERROR, id],
      [2, SpanStatusCode.UNSET, id],
    ]);
    expect(attempts[0]?.attributes).toMatchObject({ 'gen_ai.tool.call.id': 's1.1', 'error.type': 'ToolFailed' });
    const told = JSON.stringify(Object.values(named).flatMap((each) => each.map(readable)));
    expect(told).not.toContain('hunter22');
    expect(told).not.toContain(PROMPT);
  });

  it.skipIf(!isThere)('go through workflows of one’s own, their children and those that go on as new', async () => {
    const { engine: config, taskQueue } = place({ client: { interceptors: { workflow: [traceStarts()] } } });
    const engine = await openEngine(config);
    onTestFinished(() => engine.close());
    const telemetry = createTelemetry({ tracerProvider, meterProvider, logger: { write: () => {} } });
    const activities = { note: () => {} };
    const worker = await createWorker({ engine, workflowsPath, activities, taskQueue, telemetry, logger: silent });
    const running = worker.run();
    const caller = tracerProvider.getTracer('test').startSpan('caller');
    await context.with(trace.setSpan(context.active(), caller), () =>
      engine.client.workflow.execute('traced', { workflowId: `traced-${taskQueue}`, taskQueue, args: [1] }),
    );
    worker.shutdown();
    await running;
    const notes = byName(caller.spanContext().traceId)['activity note'] ?? [];
    expect(notes.map(parentOf)).toEqual([1, 2, 3].map(() => caller.spanContext().spanId));
  });
});

it('metrics have few labels', async () => {
  await meterProvider.forceFlush();
  const found = metrics
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.flatMap((scope) => scope.metrics)
    .map(({ descriptor, dataPoints }) => [
      descriptor.name,
      [...new Set(dataPoints.flatMap(({ attributes }) => Object.keys(attributes)))].toSorted(),
    ]);
  expect(Object.fromEntries(found ?? [])).toEqual({
    'gen_ai.client.operation.duration': ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model'],
    'gen_ai.client.token.usage': [
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.token.type',
    ],
    'gen_ai.execute_tool.duration': ['error.type', 'gen_ai.agent.name', 'gen_ai.tool.name'],
    'gen_ai.invoke_agent.duration': ['gen_ai.agent.name', 'perdure.outcome'],
  });
});

function readable({ name, attributes, events, status }: ReadableSpan): object {
  return { name, attributes, events, status };
}

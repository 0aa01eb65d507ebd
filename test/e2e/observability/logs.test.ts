import { log } from '@temporalio/activity';
import { expect, it, onTestFinished } from 'vitest';
import { connect, defineAgent, defineTool } from '../../../src/index.ts';
import { openEngine } from '../../../src/engines/index.ts';
import { createTelemetry } from '../../../src/observability/index.ts';
import { createWorker } from '../../../src/worker/index.ts';
import { scripted } from '../../worker/support.ts';

const lookUp = defineTool({
  name: 'look_up',
  description: 'Looks something up, the second time.',
  retry: { maximumAttempts: 2, initialInterval: 1 },
  run: (_, { attempt }) => {
    log.info('Looking', { order: 1042 });
    if (attempt === 1) throw new Error('Not yet.');
    return 'found';
  },
});

const clerk = defineAgent({
  name: 'clerk',
  model: scripted({ calls: [{ tool: 'look_up' }] }, { text: 'Done.' }),
  instructions: 'Work.',
  tools: [lookUp],
});

it('lines of activities say whose they are, and each is there once', async () => {
  const engine = await openEngine({ type: 'embedded', memory: true });
  onTestFinished(() => engine.close());
  const lines: string[] = [];
  const logger = { level: 'debug', format: 'json', write: (line: string) => void lines.push(line) } as const;
  const telemetry = createTelemetry({ logger });
  const worker = await createWorker({ engine, agents: [clerk], telemetry });
  const running = worker.run();
  const perdure = await connect({ engine, telemetry });
  const run = await perdure.start(clerk, { input: 'Work.' });
  expect(await run.result()).toBe('Done.');
  worker.shutdown();
  await running;

  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const saying = (message: string): Record<string, unknown>[] => told.filter((line) => line['message'] === message);
  const call = { run: run.id, agent: 'clerk', step: 1, tool: 'look_up' };
  expect(saying('Looking')).toMatchObject([
    { level: 'info', ...call, attempt: 1, order: 1042 },
    { level: 'info', ...call, attempt: 2, order: 1042 },
  ]);
  expect(saying('Activity failed')).toMatchObject([{ level: 'warn', ...call, attempt: 1 }]);
  const completed = saying('Activity completed');
  expect(completed.map(({ activityType, step, tool }) => [activityType, step, tool])).toEqual([
    ['agent.resolve', undefined, undefined],
    ['agent.callModel', 1, undefined],
    ['agent.executeTool', 1, 'look_up'],
    ['agent.callModel', 2, undefined],
  ]);
  expect(completed.every((line) => line['run'] === run.id && line['agent'] === 'clerk')).toBe(true);
  expect(saying('Workflow completed')).toMatchObject([{ run: run.id, agent: 'clerk' }]);
  expect(saying('Run ended')).toMatchObject([{ run: run.id, agent: 'clerk', outcome: 'completed' }]);
});

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { activityInfo } from '@temporalio/activity';
import { z } from 'zod';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import type { AnyAgent } from '../../../src/agent/types.ts';
import { connect } from '../../../src/client/connect.ts';
import type { Perdure } from '../../../src/client/perdure.ts';
import { type EngineConfig, openEngine } from '../../../src/engines/index.ts';
import { createWorker } from '../../../src/worker/index.ts';
import { askUser, callAgent, callTool, say, scriptedModel } from '../../../testing/index.ts';

const redis = process.env['PERDURE_TEST_REDIS_URL'];
const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];

/** A kind of engine, if it is there. */
export interface Target {
  readonly name: string;
  readonly config: ((folder: string) => EngineConfig) | undefined;
}

export const targets: readonly Target[] = [
  { name: 'memory', config: () => ({ type: 'embedded', memory: true }) },
  { name: 'SQLite', config: (folder) => ({ type: 'embedded', path: `${folder}/perdure.db` }) },
  {
    name: 'Redis',
    config: redis === undefined ? undefined : () => ({ type: 'bullmq', redis, namespace: `inspect-${randomUUID()}` }),
  },
  {
    name: 'Temporal',
    config: address === undefined ? undefined : () => ({ type: 'temporal', connection: { address } }),
  },
];

const retry = { maximumAttempts: 3, initialInterval: '10 ms' } as const;

function agents(): readonly AnyAgent[] {
  const lookup = defineTool({
    name: 'lookup',
    description: 'Looks up an order.',
    input: z.object({ id: z.string() }),
    retry,
    run: ({ id }, { attempt }) => {
      if (attempt === 1) throw new Error('The line is busy.');
      return { id, state: 'lost' };
    },
  });
  const breaks = defineTool({
    name: 'breaks',
    description: 'Breaks.',
    retry: { ...retry, maximumAttempts: 2 },
    run: () => {
      throw new Error('It broke.');
    },
  });
  const refund = defineTool({
    name: 'refund',
    description: 'Refunds an order.',
    approval: true,
    completion: 'async',
    run: () => undefined,
  });
  const usage = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 400 };
  const billing = defineAgent({
    name: 'billing',
    description: 'Knows bills.',
    instructions: 'Look into the bills.',
    model: scriptedModel([say('It was paid.', { usage })], { id: 'small', perRun: true }),
  });
  const support = defineAgent({
    name: 'support',
    description: 'Helps.',
    instructions: 'Help.',
    tools: [lookup, breaks, refund],
    agents: [billing],
    model: scriptedModel(
      [
        callTool('lookup', { id: '7' }, { usage }),
        callTool('breaks', {}, { usage }),
        callTool('refund', {}, { usage }),
        askUser('Anything else?', { usage }),
        callAgent('billing', 'Was 7 paid?', { usage }),
        say('Refunded.', { usage }),
      ],
      { id: 'large', perRun: true },
    ),
  });
  return [support];
}

const activities = {
  measure: async (thing: string, times: number) => {
    if (activityInfo().attempt === 1) throw new Error('The tape is too short.');
    return { thing, length: thing.length * times };
  },
  breaks: async (): Promise<never> => {
    throw ApplicationFailure.nonRetryable('It broke.', 'Broken');
  },
};

/** An engine with a worker that serves the programs of these tests. */
export interface Place {
  readonly perdure: Perdure;
  readonly taskQueue: string;
  close(): Promise<void>;
}

export async function openPlace(config: EngineConfig): Promise<Place> {
  const engine = await openEngine(config);
  const taskQueue = `inspect-${randomUUID()}`;
  const worker = await createWorker({
    engine,
    taskQueue,
    agents: agents(),
    activities,
    secret: 'a secret that is shared by all of them',
    workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    shutdownDeadline: '1 s',
  });
  const running = worker.run();
  const perdure = await connect({ engine, taskQueue });
  return {
    perdure,
    taskQueue,
    close: async () => {
      worker.shutdown();
      await running;
      await perdure.close();
      await engine.close();
    },
  };
}

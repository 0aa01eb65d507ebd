import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import type { AdapterSource } from 'perdure/adapters';
import { beforeAll, describe, expect, it } from 'vitest';
import { workflowCode } from '../../../src/worker/index.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';
import { silentLogger } from '../../support/silent-logger.ts';
import { program, type Seen } from './program.ts';

const { PERDURE_TEST_TEMPORAL_ADDRESS: address, PERDURE_TEST_REDIS_URL: redis } = process.env;
const prices = { 'perdure.testing/scripted': { input: 2, output: 10 } };
const taskQueue = `adapters-${randomUUID()}`;

const targets: { name: string; isThere: boolean; source: () => AdapterSource }[] = [
  {
    name: 'memory',
    isThere: true,
    source: () => ({ type: 'embedded', config: { memory: true }, prices }),
  },
  {
    name: 'SQLite',
    isThere: true,
    source: () => ({ type: 'embedded', config: { path: join(temporaryDirectory(), 'runs.db') }, prices }),
  },
  {
    name: 'Redis',
    isThere: redis !== undefined,
    source: () => ({
      type: 'bullmq',
      config: { redis: redis ?? '', namespace: taskQueue, queues: { [taskQueue]: {} } },
      prices,
    }),
  },
  {
    name: 'Temporal',
    isThere: address !== undefined,
    source: () => ({
      type: 'temporal',
      config: { connection: { address: address ?? '' }, workers: { taskQueue, enableLogging: false } },
      prices,
    }),
  },
];

describe('one program', () => {
  const seen: Seen[] = [];

  beforeAll(async () => {
    Runtime.install({ logger: silentLogger });
    await workflowCode();
  }, 120_000);

  for (const { name, isThere, source } of targets) {
    // Once more, for on a busy machine an engine tries again what was only slow, and the attempts are counted.
    it.skipIf(!isThere)(`sees the same on ${name}`, { retry: 1 }, async () => {
      seen.push(await program(source()));
      expect(seen.at(-1)).toEqual(seen[0]);
    });
  }

  it('sees what an agent does', () => {
    expect(seen[0]).toMatchObject({
      cancelled: expect.arrayContaining(['cancel_requested', 'run_cancelled']),
      steps: [
        { kind: 'model', status: 'completed', attempts: 1, agent: 'desk' },
        {
          kind: 'tool',
          name: 'lookup',
          output: { state: 'sent', knows: { user: 'u', context: { tenant: 'a' } } },
        },
        { kind: 'model' },
        { kind: 'wait', name: 'input', status: 'completed' },
        { kind: 'model' },
      ],
      metrics: {
        status: 'completed',
        stepCount: 5,
        llmCallCount: 3,
        toolCallCount: 1,
        agentCallCount: 0,
        tokens: { inputTokens: 3000, outputTokens: 300 },
        cost: { amount: expect.closeTo(0.009), currency: 'USD', unpriced: [] },
      },
    });
  });
});

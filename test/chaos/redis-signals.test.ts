import type { Client } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { validateHistory } from '../../src/core/history/validate.ts';
import { openPlace } from './fixtures/place.ts';
import { useBundle } from './support/use-bundle.ts';
import { concurrently } from './support/concurrently.ts';
import { report } from './support/report.ts';
import { createRedisScene, TASK_QUEUE } from './support/scene.ts';
import { scaled, TIMEOUT } from './support/sizes.ts';
import { collect, told } from './workflows/collect.ts';

const SENDERS = 10;

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const bundle = useBundle();

describe.skipIf(url === '')('a storm of signals', () => {
  test.for([
    { runs: 1, signals: scaled(10_000) },
    { runs: scaled(100), signals: scaled(1000) },
  ])(
    '$signals to each of $runs: all arrive once, in order',
    { timeout: TIMEOUT },
    async ({ runs, signals }, context) => {
      const scene = await createRedisScene(url, bundle.path, context.onTestFinished);
      const other = await openPlace(scene.place);
      context.onTestFinished(() => other.close());
      const members = [scene.start(), scene.start()];
      const each = Math.ceil(signals / SENDERS);
      await concurrently(runs, 20, (run) => {
        const start = { taskQueue: TASK_QUEUE, workflowId: `run-${run}`, args: [each * SENDERS] as [number] };
        return scene.client.workflow.start(collect, start);
      });
      // The senders of one run are in different processes, as far as Redis knows.
      await concurrently(runs * SENDERS, 40, (index) => {
        const sender = Math.floor(index / runs);
        const { client } = sender % 2 === 0 ? scene : other;
        return send(client, `run-${index % runs}`, `sender ${sender}`, each);
      });
      let arrived = 0;
      const wrong: string[] = [];
      await concurrently(runs, 20, async (run) => {
        const handle = other.client.workflow.getHandle<typeof collect>(`run-${run}`);
        const result = await handle.result();
        arrived += result.messages;
        wrong.push(...result.wrong);
        expect(validateHistory((await handle.fetchHistory()).events ?? [])).toEqual([]);
      });
      expect(arrived).toBe(runs * each * SENDERS);
      expect(wrong).toEqual([]);
      for (const member of members) {
        expect(await member.stop()).toBe(0);
        expect(member.errors).toBe('');
      }
      report('signal storm', { runs, signals: runs * each * SENDERS, arrived, wrong: wrong.length });
    },
  );
});

async function send(client: Client, workflowId: string, sender: string, count: number): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  for (let n = 0; n < count; n++) await handle.signal(told, sender, n);
}

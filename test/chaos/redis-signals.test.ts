import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { validateHistory } from '../../src/core/history/validate.ts';
import { quiet } from '../conformance/targets/quiet.ts';
import { Scene } from '../engines/bullmq/scene.ts';
import { writeBundle } from './support/bundle.ts';
import { concurrently } from './support/concurrently.ts';
import { report } from './support/report.ts';
import { scaled, TIMEOUT } from './support/sizes.ts';
import { collect, told } from './workflows/collect.ts';

const SENDERS = 10;

const url = process.env['PERDURE_TEST_REDIS_URL'];
let code: WorkflowBundleWithSourceMap;
let scene: Scene;

beforeAll(async () => {
  quiet();
  const bundle = await writeBundle();
  code = { code: readFileSync(bundle.path, 'utf8'), sourceMap: '' };
  bundle.remove();
});

describe.skipIf(url === undefined)('a storm of signals', () => {
  beforeEach(() => {
    scene = new Scene(code);
  });
  afterEach(async () => {
    await scene.close();
    if (scene.errors.length > 0) throw new AggregateError(scene.errors, 'in the background');
  }, TIMEOUT);

  test.for([
    { runs: 1, signals: scaled(10_000) },
    { runs: scaled(100), signals: scaled(1000) },
  ])('$signals to each of $runs runs: all arrive once, in order', { timeout: TIMEOUT }, async ({ runs, signals }) => {
    const [web, other, worker] = await Promise.all([scene.engine(), scene.engine(), scene.engine()]);
    await scene.work(worker);
    const total = Math.ceil(signals / SENDERS) * SENDERS;
    const { taskQueue } = scene;
    await concurrently(runs, 20, (run) =>
      web.client.workflow.start(collect, { taskQueue, workflowId: `run-${run}`, args: [total] }),
    );
    // The senders of one run are in different processes.
    const clients = [web.client, other.client];
    await concurrently(runs * SENDERS, 40, (index) => {
      const client = clients[index % clients.length] ?? web.client;
      return send(client, `run-${index % runs}`, `sender ${Math.floor(index / runs)}`, total / SENDERS);
    });
    const wrong: string[] = [];
    await concurrently(runs, 20, async (run) => {
      const handle = web.client.workflow.getHandle<typeof collect>(`run-${run}`);
      const result = await handle.result();
      expect(result.messages).toBe(total);
      wrong.push(...result.wrong);
      expect(validateHistory((await handle.fetchHistory()).events ?? [])).toEqual([]);
    });
    expect(wrong).toEqual([]);
    report('signal storm', { runs, signals: runs * total, wrong: wrong.length });
  });
});

async function send(client: Client, workflowId: string, sender: string, count: number): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  for (let n = 0; n < count; n++) await handle.signal(told, sender, n);
}

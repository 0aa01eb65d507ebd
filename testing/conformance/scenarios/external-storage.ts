import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { ExternalStorage, type StorageDriver, StorageDriverClaim } from '../../../src/official-client.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { failureOf } from '../support.ts';
import { callOne } from '../workflows/activities.ts';
import { echo } from '../workflows/basics.ts';
import { add, collect, finish, list } from '../workflows/messages.ts';

const stored = { noReplay: { reason: 'a replay has not the store with the payloads' } };

/** A store in memory, with all that is in it by its content: workers without a cache store again what a replay says again. */
class MemoryDriver implements StorageDriver {
  readonly name = 'memory';
  readonly type = 'test.memory';
  readonly kept = new Map<string, Payload>();

  async store(_context: unknown, payloads: Payload[]): Promise<StorageDriverClaim[]> {
    return payloads.map((payload) => {
      const at = createHash('sha256')
        .update(payload.data ?? '')
        .digest('hex')
        .slice(0, 16);
      this.kept.set(at, payload);
      return new StorageDriverClaim({ at });
    });
  }

  async retrieve(_context: unknown, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return claims.map(({ claimData }) => {
      const payload = this.kept.get(String(claimData['at']));
      if (payload === undefined) throw new Error('There is no such payload');
      return payload;
    });
  }
}

const large = 'x'.repeat(2000);

/** A client and options of workers that keep payloads of more than 1,000 bytes in a store. */
function storing(t: ScenarioContext, driver = new MemoryDriver()) {
  const dataConverter = { externalStorage: new ExternalStorage({ drivers: [driver], payloadSizeThreshold: 1000 }) };
  const { connection } = t.client;
  const client = new Client({ connection, namespace: t.namespace, dataConverter });
  const start = async (type: string, args: unknown[]) => {
    const workflowId = t.workflowId();
    const handle = await client.workflow.start(type, { taskQueue: t.taskQueue, workflowId, args });
    t.track(workflowId, handle.firstExecutionRunId);
    return handle;
  };
  return { driver, dataConverter, start };
}

/** Payloads that the official client and worker keep in a store of their own; the server sees references. */
export const externalStorage: readonly Scenario[] = topic('external-storage', [
  scenario(
    'large arguments and results are references in history, small ones are not',
    async (t) => {
      const { driver, dataConverter, start } = storing(t);
      await t.startWorker({ dataConverter });
      const handle = await start(echo.name, [large, 'small']);
      assert.deepEqual(await handle.result(), [large, 'small']);
      assert.equal(driver.kept.size, 2);
    },
    stored,
  ),
  scenario(
    'activities get what is stored, and their results are stored',
    async (t) => {
      const { driver, dataConverter, start } = storing(t);
      const twice = async (text: string): Promise<string> => text + text;
      await t.startWorker({ dataConverter, activities: { twice } });
      const call = { type: 'twice', args: [large], options: { startToCloseTimeout: '20s' } };
      const handle = await start(callOne.name, [call]);
      assert.deepEqual(await handle.result(), { result: large + large });
      assert.equal(driver.kept.size, 4);
    },
    stored,
  ),
  scenario(
    'signals and answers to queries are stored',
    async (t) => {
      const { driver, dataConverter, start } = storing(t);
      await t.startWorker({ dataConverter });
      const handle = await start(collect.name, []);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      await handle.signal(add, large);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
      assert.deepEqual(await handle.query(list), [large]);
      await handle.signal(finish);
      assert.deepEqual(await handle.result(), [large]);
      assert.ok(driver.kept.size >= 2);
    },
    stored,
  ),
  scenario(
    'who has no store cannot read what is in one',
    async (t) => {
      const { dataConverter, start } = storing(t);
      await t.startWorker({ dataConverter });
      const handle = await start(echo.name, [large]);
      await handle.result();
      const [failure] = await failureOf(t.client.workflow.getHandle(handle.workflowId).result());
      assert.match(JSON.stringify(failure), /external storage is not configured/);
    },
    stored,
  ),
]);

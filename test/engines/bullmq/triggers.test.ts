import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/core/store.ts';
import { Claims } from '../../../src/engines/bullmq/claims.ts';
import { Keys, queueName } from '../../../src/engines/bullmq/keys.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { Triggers } from '../../../src/engines/bullmq/triggers.ts';
import { invalidArgument } from '../../../src/runtime/errors.ts';
import { toRpcError } from '../../../src/runtime/frontend/rpc-error.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';
import { connectRedis, redisUrl } from './support.ts';

const { StartWorkflowExecutionRequest } = proto.temporal.api.workflowservice.v1;
const patient = { timeout: 20_000, interval: 20 };
const unusable = toRpcError(new StoreError('unavailable', 'Redis cannot be used'));

describe.skipIf(redisUrl === undefined)('starts of job schedulers', { timeout: 60_000 }, () => {
  let client: Redis;
  let keys: Keys;
  let queue: Queue;
  let claims: Claims;
  beforeEach(() => {
    client = connectRedis();
    client.options.maxRetriesPerRequest = null;
    keys = new Keys(`test-${randomUUID()}`);
    queue = new Queue(queueName('', 'schedulers'), { connection: client, prefix: keys.tag('default') });
  });
  afterEach(async () => {
    await claims.close();
    await queue.close();
    client.disconnect();
  });

  /** Takes the jobs; each start fails as is given, until nothing more is. @returns ids of what was to be started. */
  function start(failures: Error[]): readonly string[] {
    const ids: string[] = [];
    const startWorkflowExecution: WorkflowServiceApi['startWorkflowExecution'] = async ({ workflowId }) => {
      ids.push(workflowId ?? '');
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return {};
    };
    const service = (): WorkflowServiceApi => ({ startWorkflowExecution }) as WorkflowServiceApi;
    const shared = { client, keys, namespace: 'default' };
    const triggers = new Triggers({
      ...shared,
      store: new RedisStore({ client, keys }),
      service,
      queue: async () => queue,
    });
    claims = new Claims({
      ...shared,
      kind: 'schedulers',
      settings: () => ({
        concurrency: 1,
        lockDuration: 300,
        stalledInterval: 100,
        maxStalledCount: 1e6,
        linger: 0,
        overflow: 0,
      }),
      concurrency: 1,
      hold: (job) => triggers.hold(job),
      onLost: () => undefined,
      giveBack: async () => undefined,
      onError: () => undefined,
    });
    claims.begin('');
    return ids;
  }

  const add = async (scheduler: string): Promise<unknown> => {
    const request = Buffer.from(StartWorkflowExecutionRequest.encode({}).finish()).toString('base64');
    return queue.add('start', { request, overlap: 'allow' }, { jobId: `repeat:${scheduler}:0` });
  };

  test('are tried again while Redis cannot be used', async () => {
    await add('nightly');
    const ids = start([unusable, unusable]);
    await expect.poll(async () => queue.getCompletedCount(), patient).toBe(1);
    expect(ids).toEqual(Array.from({ length: 3 }, () => 'nightly/1970-01-01T00:00:00.000Z'));
  });

  test('are failed jobs when they can never be', async () => {
    await add('nightly');
    const ids = start([invalidArgument('no such thing')]);
    await expect.poll(async () => queue.getFailedCount(), patient).toBe(1);
    expect(ids).toHaveLength(1);
  });

  test('have the id of their scheduler, whatever it is', async () => {
    await add('two\nlines');
    const ids = start([]);
    await expect.poll(() => ids, patient).toEqual(['two\nlines/1970-01-01T00:00:00.000Z']);
  });
});

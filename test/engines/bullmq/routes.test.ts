import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Keys } from '../../../src/engines/bullmq/keys.ts';
import type { RedisClient } from '../../../src/engines/bullmq/redis.ts';
import { Routes } from '../../../src/engines/bullmq/routes.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';

test('a call whose time is over while it is being sent ends then, and nothing else fails', async () => {
  const sent = Promise.withResolvers<number>();
  const client: Partial<RedisClient> = { isCluster: false, publish: (() => sent.promise) as RedisClient['publish'] };
  const routes = new Routes({
    client: client as RedisClient,
    keys: new Keys('test'),
    namespace: 'default',
    process: 'here',
    service: () => ({}) as WorkflowServiceApi,
    canAnswer: async () => false,
    onError: () => undefined,
  });
  const deadline = new AbortController();
  const call = routes.call('there', 'updateWorkflowExecution', {}, deadline.signal);
  const ended = call.catch((error: unknown) => error);
  deadline.abort();
  // A rejection that nobody catches fails this test, as it ends a process.
  await nextTurn();
  await nextTurn();
  sent.resolve(1);
  expect(await ended).toMatchObject({ code: 4 });
});

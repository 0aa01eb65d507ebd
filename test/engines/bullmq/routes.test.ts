import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Keys } from '../../../src/engines/bullmq/keys.ts';
import type { RedisClient } from '../../../src/engines/bullmq/redis.ts';
import { Routes } from '../../../src/engines/bullmq/routes.ts';
import type { CallJob, Way } from '../../../src/engines/bullmq/routes.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';

const keys = new Keys('test');
const always = async (): Promise<boolean> => true;
const name = 'updateWorkflowExecution';
const method = { updateWorkflowExecution: vi.fn<WorkflowServiceApi['updateWorkflowExecution']>() };
const patient = { timeout: 20_000, interval: 10 };

function routesOf(process: string, client: Partial<RedisClient>): Routes {
  return new Routes({
    client: client as RedisClient,
    keys,
    namespace: 'default',
    process,
    service: () => method as Partial<WorkflowServiceApi> as WorkflowServiceApi,
    canAnswer: always,
    onError: () => undefined,
  });
}

/** Two processes `a` and `b` that reach each other, as in a cluster: nobody knows who got a message. `lost` says which get lost. */
function pair(lost: (text: string) => boolean = () => false): { readonly a: Routes; readonly b: Routes } {
  const publish = async (channel: string, text: string): Promise<number> => {
    if (!lost(text)) (channel === keys.processChannel('default', 'a') ? a : b).receive(text);
    return 1;
  };
  const client: Partial<RedisClient> = { isCluster: true, publish };
  const [a, b] = [routesOf('a', client), routesOf('b', client)];
  return { a, b };
}

/** The way of a job that `b` takes, never to end by itself. */
function jobWay(b: Routes, call: CallJob): Way {
  return { send: async () => void b.serveJob(call), isThere: always, giveUp: async () => undefined };
}

/** Has calls wait until they are given up. @returns resolves then. */
function untilGivenUp(): Promise<void> {
  const givenUp = Promise.withResolvers<void>();
  method.updateWorkflowExecution.mockReset().mockImplementation(
    (_request, options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          givenUp.resolve();
          reject(new Error('given up'));
        });
      }),
  );
  return givenUp.promise;
}

test('a call whose time is over while it is being sent ends then, and nothing else fails', async () => {
  const sent = Promise.withResolvers<number>();
  const routes = routesOf('here', { isCluster: false, publish: (() => sent.promise) as RedisClient['publish'] });
  const deadline = new AbortController();
  const call = routes.call('there', name, {}, deadline.signal, always);
  const ended = call.catch((error: unknown) => error);
  deadline.abort();
  // A rejection that nobody catches fails this test, as it ends a process.
  await nextTurn();
  await nextTurn();
  sent.resolve(1);
  expect(await ended).toMatchObject({ code: 4 });
});

test('a call to a process that is not the one to ask any more comes to nothing, whatever Redis knows', async () => {
  const { a } = pair(() => true);
  expect(await a.call('b', name, {}, new AbortController().signal, async () => false)).toBe(undefined);
});

test.for(['call', 'answer'])(
  'a call of which the %s is lost comes to nothing, and can be asked again',
  async (kind) => {
    method.updateWorkflowExecution.mockReset().mockResolvedValue({});
    const { a } = pair((text) => (JSON.parse(text) as { kind: string }).kind === kind);
    expect(await a.call('b', name, {}, new AbortController().signal, always)).toBe(undefined);
  },
);

test('a call that takes its time is waited for', async () => {
  const answer = Promise.withResolvers<object>();
  method.updateWorkflowExecution.mockReset().mockReturnValue(answer.promise);
  const asked = vi.fn<() => void>();
  const { a } = pair((text) => {
    if (text.includes('"asked"')) asked();
    return false;
  });
  const called = a.call('b', name, {}, new AbortController().signal, always);
  await expect.poll(() => asked.mock.calls.length, patient).toBe(1);
  answer.resolve({});
  expect(await called).toBeDefined();
});

test('who answers a call that came as a job hears that nobody waits any more', async () => {
  const { a, b } = pair();
  const givenUp = untilGivenUp();
  const call: CallJob = { ...a.prepare(name, {}), until: Infinity };
  const deadline = new AbortController();
  const called = a.wait(call, deadline.signal, jobWay(b, call)).catch((error: unknown) => error);
  await nextTurn();
  deadline.abort();
  await givenUp;
  expect(await called).toMatchObject({ code: 4 });
});

test('so does one who takes it only afterwards', async () => {
  const { a, b } = pair();
  void untilGivenUp();
  const call: CallJob = { ...a.prepare(name, {}), until: Infinity };
  await b.serveJob(call);
});

test('a job with a call that was forgotten asks nobody', async () => {
  const { a, b } = pair();
  method.updateWorkflowExecution.mockReset();
  const call: CallJob = { ...a.prepare(name, {}), until: Date.now() - 1 };
  expect(await a.wait(call, new AbortController().signal, jobWay(b, call))).toBe(undefined);
  expect(method.updateWorkflowExecution).not.toHaveBeenCalled();
});

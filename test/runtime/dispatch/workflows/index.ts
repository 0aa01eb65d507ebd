import * as wf from '@temporalio/workflow';
import type * as activities from '../activities.ts';

const acts = wf.proxyActivities<typeof activities>({
  startToCloseTimeout: '20s',
  heartbeatTimeout: '1s',
  retry: { initialInterval: 1 },
});
const waiting = wf.proxyActivities<typeof activities>({
  startToCloseTimeout: '20s',
  heartbeatTimeout: '1s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});
const abandoning = wf.proxyActivities<typeof activities>({
  startToCloseTimeout: '20s',
  heartbeatTimeout: '1s',
  cancellationType: 'ABANDON',
});

export const go = wf.defineSignal<[string]>('go');
export const state = wf.defineQuery<string>('state');
export const add = wf.defineUpdate<number, [number]>('add');

export async function hello(name: string): Promise<string> {
  return await acts.greet(name);
}

export async function retried(): Promise<number> {
  return await acts.failTwice();
}

/** Timers that fire, are cancelled, and are cancelled before they were sent. */
export async function timers(): Promise<string[]> {
  const log: string[] = [];
  await wf.CancellationScope.cancellable(async () => {
    const never = wf.sleep('1h');
    wf.CancellationScope.current().cancel();
    await never;
  }).catch((e) => log.push(String(wf.isCancellation(e))));
  const scope = new wf.CancellationScope();
  const late = scope.run(() => wf.sleep('1h')).catch(() => log.push('cancelled'));
  await wf.sleep(50);
  scope.cancel();
  await late;
  const results = await Promise.all([wf.sleep(10), wf.sleep(20), wf.condition(() => false, 30)]);
  log.push(String(results[2]));
  return log;
}

/** Each way of cancelling an activity, and cancelling one that was never sent. */
export async function cancelActivities(): Promise<string[]> {
  const log: string[] = [];
  for (const [name, proxy] of Object.entries({ acts, waiting, abandoning })) {
    const early = new wf.CancellationScope();
    const neverSent = early.run(() => proxy.untilCancelled()).catch(() => log.push(`${name} early`));
    early.cancel();
    await neverSent;
    const scope = new wf.CancellationScope();
    const running = scope.run(() => proxy.untilCancelled()).catch((e) => log.push(`${name} ${wf.isCancellation(e)}`));
    await wf.sleep(300);
    scope.cancel();
    await running;
  }
  return log;
}

export async function child(input: string): Promise<string> {
  if (input === 'fail') throw wf.ApplicationFailure.nonRetryable('child failed');
  if (input === 'wait') {
    let given: string | undefined;
    wf.setHandler(go, (value) => void (given = value));
    await wf.condition(() => given !== undefined);
    return given ?? '';
  }
  return `child got ${input}`;
}

export async function children(): Promise<string[]> {
  const log: string[] = [];
  log.push(await wf.executeChild(child, { args: ['x'] }));
  await wf.executeChild(child, { args: ['fail'] }).catch((e) => log.push(e.cause.message));
  const handle = await wf.startChild(child, { args: ['wait'] });
  await wf.startChild(child, { args: ['x'], workflowId: handle.workflowId }).catch((e) => log.push(e.name));
  await handle.signal(go, 'signalled');
  log.push(await handle.result());
  const early = new wf.CancellationScope();
  const neverSent = early.run(() => wf.executeChild(child, { args: ['wait'] })).catch(() => log.push('early'));
  early.cancel();
  await neverSent;
  for (const type of ['TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED', 'WAIT_CANCELLATION_REQUESTED', 'ABANDON'] as const) {
    const scope = new wf.CancellationScope();
    const started = await scope.run(() => wf.startChild(child, { args: ['wait'], cancellationType: type }));
    const result = started.result().catch((e) => log.push(`${type} ${wf.isCancellation(e)}`));
    await wf.sleep(50);
    scope.cancel();
    await result;
  }
  return log;
}

export async function external(otherId: string): Promise<string[]> {
  const log: string[] = [];
  const handle = wf.getExternalWorkflowHandle(otherId);
  await handle.signal(go, 'from outside');
  await handle.cancel();
  const missing = wf.getExternalWorkflowHandle('does-not-exist-anywhere');
  await missing.signal(go, 'x').catch((e) => log.push(e.message));
  await missing.cancel().catch((e) => log.push(e.message));
  const scope = new wf.CancellationScope();
  const unsent = scope.run(() => handle.signal(go, 'y')).catch((e) => log.push(String(wf.isCancellation(e))));
  scope.cancel();
  await unsent;
  return log;
}

export async function target(): Promise<string> {
  let given = '';
  wf.setHandler(go, (value) => void (given = value));
  try {
    await wf.condition(() => false);
  } catch (error) {
    if (!wf.isCancellation(error)) throw error;
  }
  return `${given}, cancelled`;
}

/** A counter: updates that are rejected, completed at once, completed after a timer; queries between them. */
export async function counter(rounds: number): Promise<number> {
  let total = 0;
  let done = false;
  wf.setHandler(state, () => `total ${total}`);
  wf.setHandler(go, () => void (done = true));
  wf.setHandler(
    add,
    async (n) => {
      if (n > 100) await wf.sleep(50);
      if (n === 13) throw wf.ApplicationFailure.nonRetryable('unlucky');
      return (total += n);
    },
    {
      validator: (n) => {
        if (n < 0) throw new Error('negative');
      },
    },
  );
  for (let i = 0; i < rounds; i++) await wf.sleep(5);
  await wf.condition(() => done);
  await wf.condition(wf.allHandlersFinished);
  return total;
}

export async function continues(left: number): Promise<string> {
  if (left > 0) await wf.continueAsNew<typeof continues>(left - 1);
  return wf.workflowInfo().continuedFromExecutionRunId ? 'continued' : 'first';
}

/** Code that changed: patched in the middle, with things to wait for on both sides. */
export async function patchedFlow(): Promise<string[]> {
  const log: string[] = [];
  await wf.sleep(10);
  if (wf.patched('a')) log.push('a');
  wf.deprecatePatch('b');
  await acts.greet('x');
  if (wf.patched('a')) log.push('a again');
  if (wf.patched('c')) log.push('c');
  await wf.sleep(10);
  return log;
}

export async function attributes(): Promise<string> {
  wf.upsertMemo({ note: 'first', more: 1 });
  await wf.sleep(1);
  wf.upsertMemo({ note: 'second' });
  wf.upsertSearchAttributes({ DispatchKeyword: ['k'] });
  await wf.sleep(1);
  return String(wf.workflowInfo().memo?.['note']);
}

/** Random numbers must come out the same on every replay: they name the timers' order and the child. */
export async function random(): Promise<string[]> {
  const ids = [wf.uuid4()];
  await wf.sleep(1 + Math.floor(Math.random() * 20));
  ids.push(wf.uuid4());
  ids.push(await wf.executeChild(child, { args: [wf.uuid4()] }));
  return ids;
}

export async function manySteps(steps: number): Promise<number> {
  for (let i = 0; i < steps; i++) await acts.greet(String(i));
  return steps;
}

export async function shutdownVictim(): Promise<number> {
  return await acts.attemptAfterShutdown();
}

/** Commands after the one that ends the workflow still count. */
export async function updateWhileEnding(): Promise<string> {
  let finish = false;
  wf.setHandler(add, async (n) => {
    finish = true;
    await wf.condition(() => true);
    return n;
  });
  await wf.condition(() => finish);
  return 'ended';
}

export async function throwsType(): Promise<void> {
  throw new TypeError('a bug');
}

export async function waitForGo(): Promise<string> {
  let given: string | undefined;
  wf.setHandler(go, (value) => void (given = value));
  wf.setHandler(state, () => given ?? 'waiting');
  await wf.condition(() => given !== undefined);
  return given ?? '';
}

export async function localGreeting(): Promise<string> {
  const { greet } = wf.proxyLocalActivities<typeof activities>({ startToCloseTimeout: '1s' });
  return await greet('local');
}

export async function timersThenGo(): Promise<string> {
  let given: string | undefined;
  wf.setHandler(go, (value) => void (given = value));
  void wf.sleep('1h').catch(() => undefined);
  await wf.condition(() => given !== undefined);
  return given ?? '';
}

export async function longThenWait(steps: number): Promise<string> {
  let given: string | undefined;
  let done = 0;
  wf.setHandler(go, (value) => void (given = value));
  wf.setHandler(state, () => `done ${done}`);
  for (; done < steps; done++) await acts.greet(String(done));
  void wf.sleep('1h').catch(() => undefined);
  await wf.condition(() => given !== undefined);
  return given ?? '';
}

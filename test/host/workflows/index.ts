import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  log,
  patched,
  proxyActivities,
  proxySinks,
  setHandler,
  type Sinks,
  sleep,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { counter } from './counter.ts';

const { model, tool } = proxyActivities<{
  model(step: number): Promise<string>;
  tool(step: number): Promise<string>;
}>({ startToCloseTimeout: '1 minute' });

interface TestSinks extends Sinks {
  journal: { note(text: string, extra?: unknown): void };
}
const { journal } = proxySinks<TestSinks>();

const release = defineSignal('release');
const state = defineQuery<number>('state');

/** Five activities, one after the other. */
export async function fiveActivities(input: string): Promise<number> {
  const seen = [input];
  for (let turn = 0; turn < 2; turn++) {
    seen.push(await model(seen.length));
    seen.push(await tool(seen.length));
  }
  seen.push(await model(seen.length));
  return seen.length;
}

/** Runs an expression in the run's realm and answers with its value; waits first when told to. */
export async function evaluate(code: string, codeAfterSignal?: string): Promise<unknown> {
  let released = false;
  setHandler(release, () => {
    released = true;
  });
  const run = (text: string): unknown =>
    // oxlint-disable-next-line no-implied-eval -- the tests decide what runs inside the realm.
    new Function(`"use strict"; ${text}`)();
  let value = run(code);
  if (codeAfterSignal !== undefined) {
    await condition(() => released);
    value = run(codeAfterSignal);
  }
  return value;
}

/** Counts in a variable of a module. */
export async function countModule(times: number): Promise<number> {
  let released = false;
  setHandler(release, () => {
    released = true;
  });
  for (let i = 0; i < times; i++) counter.value++;
  await condition(() => released);
  return counter.value;
}

/** Leaves a rejection unhandled. */
export async function rejectUnhandled(): Promise<void> {
  void Promise.reject(new Error('nobody cares'));
  await sleep('1 hour');
}

/** Fails from a known line of this file. */
export async function fail(): Promise<void> {
  deepInside();
}

function deepInside(): never {
  throw new Error("from the author's file");
}

/** Never ends its first activation. */
export async function endlessLoop(): Promise<void> {
  for (;;);
}

/** Never ends its first activation, in microtasks. */
export async function endlessMicrotasks(): Promise<void> {
  for (;;) await Promise.resolve();
}

/** Takes memory until there is none. */
export async function allocationBomb(): Promise<number> {
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
}

/** Sleeps, and can be asked. */
export async function sleeper(): Promise<string> {
  let asked = 0;
  setHandler(state, () => ++asked);
  await sleep('1 hour');
  return 'slept';
}

/** Calls a sink and logs. */
export async function callSinks(extra?: string): Promise<void> {
  journal.note('hello', extra === 'function' ? () => 1 : extra);
  log.info('logged');
  await sleep(1000);
}

/** What has to be the same in every replay. */
export async function deterministic(withoutUnsafe = false): Promise<unknown> {
  const random = [Math.random(), uuid4(), Math.random()];
  return {
    random,
    now: Date.now(),
    date: new Date().toISOString(),
    unsafe: withoutUnsafe ? 0 : workflowInfo().unsafe.now(),
  };
}

/** Asks for a patch. */
export async function patchedRun(): Promise<boolean> {
  return patched('a-patch');
}

/** Errors and classes as programs make them. */
export async function ordinaryClasses(): Promise<unknown> {
  class Named extends Error {
    constructor(message: string) {
      super(message);
      this.name = 'Named';
    }
  }
  const plain = new TypeError('t');
  plain.name = 'Renamed';
  plain.message = 'changed';
  function Old(this: { toString: () => string }): void {
    this.toString = () => 'old';
  }
  Old.prototype = Object.create(Error.prototype);
  Old.prototype.constructor = Old;
  const dictionary: Record<string, unknown> = {};
  dictionary['toString'] = 1;
  dictionary['constructor'] = 2;
  const values = Object.keys(dictionary);
  return [
    new Named('x').name,
    String(plain),
    new (Old as unknown as new () => { toString: () => string })().toString(),
    values,
  ];
}

const bump = defineSignal<[number]>('bump');
const add = defineUpdate<number, [number]>('add');

/** A little of everything, told in the order in which it happened. */
export async function busy(): Promise<unknown> {
  const told: unknown[] = [];
  setHandler(bump, async (by) => {
    told.push(['signal', by]);
    await sleep(by);
    told.push(['after signal', by]);
  });
  setHandler(add, (by) => told.push(['update', by]), {
    validator: (by) => {
      if (by < 0) throw new TypeError('negative');
    },
  });
  setHandler(state, () => told.length);
  const scope = new CancellationScope();
  const inner = scope.run(() => sleep('1 hour')).catch((error: unknown) => told.push(['inner', isCancellation(error)]));
  let looked = 0;
  // A condition with effects of its own: what it starts has to run before the activation ends.
  const peeking = condition(() => {
    looked += 1;
    if (looked === 2) void Promise.resolve().then(() => sleep(77).catch(() => told.push(['late'])));
    return told.length > 2;
  });
  told.push(['random', Math.random(), uuid4()]);
  if (patched('first')) told.push(['patched']);
  await Promise.race([peeking, sleep(50)]);
  scope.cancel();
  await inner;
  await CancellationScope.nonCancellable(() => sleep(5));
  told.push(['random', Math.random()]);
  try {
    await sleep('2 hours');
  } catch (error) {
    told.push(['outer', isCancellation(error)]);
  }
  return told;
}

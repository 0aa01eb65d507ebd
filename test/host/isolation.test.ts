import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkflowHost } from '../../src/host/host.ts';
import type { WorkflowCreator } from '../../src/official.ts';
import { bundleFixtures, DrivenRun, resultOf } from './driver.ts';

describe.each([
  ['a thread', 1],
  ['inline', 0],
])('isolation of runs in %s', (_name, threads) => {
  let host: WorkflowCreator;

  beforeAll(async () => {
    host = await createWorkflowHost(await bundleFixtures(), { threads });
  });
  afterAll(() => host.destroy());

  async function evaluate(code: string): Promise<unknown> {
    const run = await DrivenRun.create(host, 'evaluate', [code]);
    const result = resultOf(await run.start());
    await run.dispose();
    return result;
  }

  /** Starts a run, lets another one look, and answers what each of them saw. */
  async function interleave(first: string, other: string, later: string): Promise<unknown[]> {
    const run = await DrivenRun.create(host, 'evaluate', [first, later]);
    await run.start();
    const seenByOther = await evaluate(other);
    return [seenByOther, resultOf(await run.release())];
  }

  it('keeps a new global to its run, and keeps it for that run', async () => {
    expect(await interleave('globalThis.leak = 1', 'return typeof leak', 'return leak')).toEqual(['undefined', 1]);
  });

  it('keeps a replaced global to its run', async () => {
    const seen = await interleave('globalThis.Map = 1', 'return typeof Map', 'return Map');
    expect(seen).toEqual(['function', 1]);
  });

  it('keeps a deleted global to its run', async () => {
    const seen = await interleave('delete globalThis.Set', 'return typeof Set', 'return typeof Set');
    expect(seen).toEqual(['function', 'undefined']);
  });

  it('keeps an accessor on globalThis, and the attributes of a global, to their run', async () => {
    const define = 'Object.defineProperty(globalThis, "escape", { get: () => "mine", configurable: true });';
    const freeze = 'Object.defineProperty(globalThis, "WeakMap", { writable: false });';
    const look =
      'const d = Object.getOwnPropertyDescriptor(globalThis, "WeakMap"); return [typeof escape, d.writable];';
    expect(await interleave(define + freeze, look, look)).toEqual([
      ['function', true],
      ['string', false],
    ]);
  });

  it('keeps properties to their run that it defined to stay', async () => {
    const define =
      'Object.defineProperty(globalThis, "fixed", { value: 1 }); Reflect.defineProperty(globalThis, "f2", {});';
    const more = 'Object.defineProperties(globalThis, { f3: { get: () => 3 } });';
    const look = 'return ["fixed" in globalThis, "f2" in globalThis, globalThis.f3 ?? 0]';
    expect(await interleave(define + more, look, look)).toEqual([
      [false, false, 0],
      [true, true, 3],
    ]);
  });

  it('keeps symbols on globalThis to their run', async () => {
    const set = 'globalThis[Symbol.for("leak")] = 1';
    const look = 'return globalThis[Symbol.for("leak")] ?? null';
    expect(await interleave(set, look, look)).toEqual([null, 1]);
  });

  it.each([
    'Array.prototype.leak = 1',
    'Array.prototype.map = () => 1',
    'Object.prototype.leak = 1',
    'Object.prototype.toString = () => "leak"',
    'Object.defineProperty(Object.prototype, "leak", { value: 1 })',
    'Function.prototype.call = 1',
    'Promise.prototype.then = 1',
    'Date.prototype.getTime = () => 1',
    'Error.prototype.name = "leak"',
    'Map.prototype.get = () => 1',
    'String.prototype.leak = 1',
    'Object.getPrototypeOf(function* () {}).leak = 1',
    'Object.getPrototypeOf([][Symbol.iterator]()).next = () => 1',
    'Object.getPrototypeOf(Uint8Array).prototype.leak = 1',
    'Array.leak = 1',
    'Math.random = () => 1',
    'JSON.stringify = () => "leak"',
    'console.log = () => 1',
    'Array.prototype.map.leak = 1',
    'Object.freeze(globalThis)',
    'Reflect.preventExtensions(globalThis)',
  ])('refuses to let a run change what all share: %s', async (change) => {
    const attempt = `try { ${change}; return 'changed' } catch (error) { return error.name }`;
    expect(await evaluate(attempt)).toBe('TypeError');
  });

  it('keeps module state to its run', async () => {
    const first = await DrivenRun.create(host, 'countModule', [3]);
    const second = await DrivenRun.create(host, 'countModule', [10]);
    await Promise.all([first.start(), second.start()]);
    expect([resultOf(await first.release()), resultOf(await second.release())]).toEqual([3, 10]);
  });

  it('lets programs name, derive and override as ever', async () => {
    const run = await DrivenRun.create(host, 'ordinaryClasses');
    const expected = ['Named', 'Renamed: changed', 'old', ['toString', 'constructor']];
    expect(resultOf(await run.start())).toEqual(expected);
  });

  it.each([
    ['WeakRef', 'new WeakRef({})'],
    ['FinalizationRegistry', 'new FinalizationRegistry(() => 1)'],
  ])('refuses %s', async (_what, code) => {
    const attempt = `try { ${code}; return 'made' } catch (error) { return error.name }`;
    expect(await evaluate(attempt)).toBe('DeterminismViolationError');
  });

  it.each(['process', 'require', 'Buffer', 'setImmediate', 'fetch', 'performance'])('offers no %s', async (name) => {
    expect(await evaluate(`return typeof ${name}`)).toBe('undefined');
  });
});

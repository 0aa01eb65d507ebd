// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TURN } from '../../../src/core/run/turn.ts';
import { Backlog } from '../../../src/runtime/matching/backlog.ts';
import type { Waiting } from '../../../src/runtime/matching/backlog.ts';
import { FairPasses } from '../../../src/runtime/matching/fair-passes.ts';

interface Task extends Waiting {
  readonly key: string;
}

let made = 0;
const task = (key = '', fairnessWeight = 1, priority = 3): Task => ({
  id: `${++made}`,
  key,
  turn: { priority, fairnessKey: key, fairnessWeight },
});

function drain(backlog: Backlog<Task>, count = Infinity): Task[] {
  const out: Task[] = [];
  for (let next = backlog.shift(); next !== undefined; next = out.length < count ? backlog.shift() : undefined)
    out.push(next);
  return out;
}

const weight = fc.constantFrom(0.5, 1, 2, 3, 10);

describe('a backlog', () => {
  it('without keys and priorities is in the order of coming, whatever is taken back', () => {
    const steps = fc.array(fc.oneof(fc.constant('add'), fc.constant('shift'), fc.nat(200)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        const backlog = new Backlog<Task>();
        let model: Task[] = [];
        for (const step of all) {
          if (step === 'add') {
            const added = task();
            backlog.add(added);
            model.push(added);
          } else if (step === 'shift') expect(backlog.shift()).toBe(model.shift());
          else {
            const gone = model[step];
            backlog.delete(gone?.id ?? 'nobody');
            model = model.filter((each) => each !== gone);
          }
          expect(backlog.size).toBe(model.length);
        }
        expect(backlog.values()).toEqual(model);
        expect(drain(backlog)).toEqual(model);
      }),
    );
  });

  it('gives out lower priorities only when no higher one waits', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), weight), { maxLength: 60 }), (tasks) => {
        const backlog = new Backlog<Task>();
        for (const [priority, fairnessWeight] of tasks)
          backlog.add(task(`${fairnessWeight}`, fairnessWeight, priority));
        const given = drain(backlog).map(({ turn }) => turn?.priority ?? 0);
        expect(given).toEqual(given.toSorted((a, b) => a - b));
      }),
    );
  });

  it('what goes ahead is before all others of its priority', () => {
    const backlog = new Backlog<Task>();
    const [urgent, ahead, first, second] = [task('', 1, 1), task(), task(), task()] as const;
    backlog.add(first);
    backlog.add(second);
    backlog.add({ ...ahead, turn: { ...DEFAULT_TURN, goesAhead: true } });
    backlog.add(urgent);
    expect(drain(backlog).map(({ id }) => id)).toEqual([urgent.id, ahead.id, first.id, second.id]);
  });

  it('shares of keys are as their weights, in whatever order their tasks came', () => {
    const keys = fc.array(weight, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(keys, fc.nat(), (weights, seed) => {
        const backlog = new Backlog<Task>();
        const each = 400;
        const coming = weights.flatMap((w, key) => Array.from({ length: each }, () => task(`k${key}`, w)));
        for (let place = coming.length - 1; place > 0; place--) {
          const other = Math.imul(seed + place, 2_654_435_761) >>> 0;
          const at = other % (place + 1);
          [coming[place], coming[at]] = [coming[at], coming[place]] as [Task, Task];
        }
        for (const one of coming) backlog.add(one);
        // As long as all keys have tasks: the heaviest runs out first.
        const total = weights.reduce((sum, w) => sum + w, 0);
        const taken = drain(backlog, Math.floor((each * total) / Math.max(...weights)) - weights.length);
        for (const [key, w] of weights.entries()) {
          const share = taken.filter((one) => one.key === `k${key}`).length;
          // Strides are whole numbers: 333 stands for a third of 1000. Beside that, no more than one task of each key.
          const allowed = weights.length + taken.length * 0.002;
          expect(Math.abs(share - (taken.length * w) / total)).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('nobody starves: a newcomer waits no longer than its weight says, however much waits already and keeps coming', () => {
    fc.assert(
      fc.property(weight, weight, fc.integer({ min: 0, max: 500 }), (busy, quiet, before) => {
        const backlog = new Backlog<Task>();
        for (let count = 0; count < 1000; count++) backlog.add(task('busy', busy));
        drain(backlog, before);
        const newcomer = task('quiet', quiet);
        backlog.add(newcomer);
        let waited = 0;
        for (; backlog.shift() !== newcomer; waited++) backlog.add(task('busy', busy));
        expect(waited).toBeLessThanOrEqual(Math.ceil(busy / quiet) + 1);
      }),
    );
  });

  it('a key that was away has saved up nothing', () => {
    const backlog = new Backlog<Task>();
    for (let count = 0; count < 100; count++) backlog.add(task('busy'));
    drain(backlog, 50);
    for (let count = 0; count < 50; count++) backlog.add(task('back'));
    const given = drain(backlog, 40).filter(({ key }) => key === 'back').length;
    expect(given).toBeLessThanOrEqual(21);
  });

  it('keys that have nothing waiting are forgotten when there are many', () => {
    const passes = new FairPasses();
    for (let key = 0; key < 5000; key++) passes.gaveOut(passes.place(`k${key}`, 1));
    expect(passes.size).toBeLessThan(2000);
  });
});

import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Locks } from '../../../src/runtime/frontend/locks.ts';

const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '__proto__'), { maxLength: 4 });

describe('locks', () => {
  it('let one at a time hold a name, in the order of asking, and never wait for each other', async () => {
    const job = fc.record({ names, turns: fc.nat(3), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 12 }), async (jobs) => {
        const locks = new Locks();
        const held = new Set<string>();
        const done: number[] = [];
        const results = await Promise.allSettled(
          jobs.map((each, index) =>
            locks.run(each.names, async () => {
              const own = new Set(each.names);
              for (const name of own) expect(held.has(name)).toBe(false);
              for (const name of own) held.add(name);
              for (let count = 0; count < each.turns; count++) await turn();
              for (const name of own) held.delete(name);
              done.push(index);
              if (each.fails) throw new Error('failed');
              return index;
            }),
          ),
        );
        expect(done.toSorted((a, b) => a - b)).toEqual(jobs.map((_, index) => index));
        expect(results.map(({ status }) => status)).toEqual(
          jobs.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
        );
        // Those who asked for the same single name got it in their order.
        const single = done.filter((index) => jobs[index]?.names.length === 1 && jobs[index].names[0] === 'a');
        expect(single).toEqual(single.toSorted((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });

  it('of different names do not wait', async () => {
    const locks = new Locks();
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = locks.run(['a'], () => promise);
    await expect(locks.run(['b'], async () => 'free')).resolves.toBe('free');
    resolve();
    await first;
  });
});

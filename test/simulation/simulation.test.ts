import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';
import { tamperings } from './tampering.ts';

/** Worlds that each change is tried in. More: `npm run simulate -- --seeds 100000`. */
const seeds = Number(process.env['SIMULATION_SEEDS'] ?? 400);

test('nothing is lost, doubled or stuck in any of many worlds', { timeout: 1_200_000 }, async () => {
  const failed: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const { problems } = await simulate(seed);
    if (problems.length > 0) failed.push(`seed ${seed} (npm run simulate -- --seed ${seed}): ${problems.join('; ')}`);
    if (failed.length === 3) break;
  }
  expect(failed).toEqual([]);
});

test('a seed is the same world each time', async () => {
  const [one, other] = [await simulate(7, { traced: true }), await simulate(7, { traced: true })];
  expect(one.trace.length).toBeGreaterThan(100);
  expect(other).toEqual(one);
});

test.for(Object.entries(tamperings))('it is noticed when %s', { timeout: 120_000 }, async ([, tamper]) => {
  for (let seed = 1; seed <= 200; seed++) {
    if ((await simulate(seed, { tamper })).problems.length > 0) return;
  }
  expect.unreachable('200 worlds were fine');
});

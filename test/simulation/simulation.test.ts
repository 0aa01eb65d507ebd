import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';
import { tamperings } from './tampering.ts';

/** Worlds that each change is tried in. More: `npm run simulate -- --seeds 100000`. */
const seeds = Number(process.env['SIMULATION_SEEDS'] ?? 2000);
/** Worlds that something was wrong in. */
const known = [302988, 350902, 366772, 374391, 374524, 401607, 491364, 540576];

test('nothing is lost, doubled or stuck in any of many worlds', { timeout: 1_200_000 }, async () => {
  const failed: string[] = [];
  for (const seed of [...known, ...Array.from({ length: seeds }, (_, index) => index + 1)]) {
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

/** Where some were noticed first: these worlds are tried before the others. */
const first: Readonly<Record<string, number>> = {
  'a commit does not look at the revision': 32,
  'a commit does not look at the current run': 43,
  'request ids are forgotten': 32,
  'the inbox is lost': 42,
  'a schedule passes over a time': 10,
  'a schedule does not know what runs': 13,
};

test.for(Object.entries(tamperings))('it is noticed when %s', { timeout: 120_000 }, async ([name, tamper]) => {
  const others = Array.from({ length: 200 }, (_, index) => index + 1);
  for (const seed of [first[name] ?? 1, ...others]) {
    if ((await simulate(seed, { tamper })).problems.length > 0) return;
  }
  expect.unreachable('200 worlds were fine');
});

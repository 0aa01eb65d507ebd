import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { useBundle } from './support/use-bundle.ts';
import { randomFrom } from './support/random.ts';
import { createScene, finish } from './support/scene.ts';

/** How many kills each test makes. Set `CHAOS_KILLS` for more. */
const KILLS = Number(process.env['CHAOS_KILLS'] ?? 4);
const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
/** A run of the workload takes more commits than that; the later ones are met by the processes that resume it. */
const COMMITS = 45;
/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 300_000 + KILLS * 20_000;

const bundle = useBundle();

describe.concurrent('an engine with a worker, killed', () => {
  test('at random moments', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    const random = randomFrom(SEED);
    for (let kill = 0; kill < KILLS; kill++) {
      const member = scene.start();
      scene.drive();
      // Some die while they start.
      if (kill % 4 === 3) await delay(random() * 1000);
      else {
        await member.ready();
        await delay(random() * 1500);
      }
      await member.kill();
      expect(member.errors).toBe('');
    }
    console.log(`${KILLS} kills at random moments:`, await finish(scene));
  });

  test.for(['before', 'after'] as const)('%s a commit', { timeout: TIMEOUT }, async (when, context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    for (let kill = 0; kill < KILLS; kill++) {
      // Spread over a run's commits; with as many kills as commits, each is hit.
      const commit = 1 + Math.floor((((kill + SEED / 2) % KILLS) / KILLS) * COMMITS);
      const member = scene.start({ kill: { when, commit } });
      scene.drive();
      const { signal } = await member.exited;
      expect(member.errors).toBe('');
      expect(signal).toBe('SIGKILL');
    }
    console.log(`${KILLS} kills ${when} a commit:`, await finish(scene));
  });
});

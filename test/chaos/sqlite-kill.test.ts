import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { randomFrom } from './support/random.ts';
import { report } from './support/report.ts';
import { createScene, finish } from './support/scene.ts';
import { KILLS, SEED, TIMEOUT } from './support/sizes.ts';
import { useBundle } from './support/use-bundle.ts';

const bundle = useBundle();

test('an engine with a worker, killed at random moments', { timeout: TIMEOUT }, async ({ onTestFinished }) => {
  const scene = createScene(bundle.path, onTestFinished);
  const random = randomFrom(SEED);
  for (let kill = 0; kill < KILLS; kill++) {
    const member = scene.start();
    scene.drive({ kind: kill % 3 === 2 ? 'agent' : 'mixed' });
    // Some die while they start.
    if (kill % 4 === 3) await delay(random() * 1000);
    else {
      await member.ready();
      await delay(random() * 1500);
    }
    await member.kill();
    expect(member.errors).toBe('');
  }
  report('SQLite, killed at random moments', { kills: KILLS, ...(await finish(scene)) });
});

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { useBundle } from './support/use-bundle.ts';
import { randomFrom } from './support/random.ts';
import { report } from './support/report.ts';
import { createRedisScene, finish } from './support/scene.ts';
import { commitOf, KILLS, SEED, TIMEOUT } from './support/sizes.ts';

/** Workers that live at the same time. */
const MEMBERS = 3;

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const bundle = useBundle();

describe.skipIf(url === '').concurrent('workers on one Redis, killed', () => {
  test(`at random moments, ${MEMBERS} at work`, { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url, bundle.path, context.onTestFinished);
    const random = randomFrom(SEED);
    const members = Array.from({ length: MEMBERS }, () => scene.start());
    await Promise.all(members.map((member) => member.ready()));
    for (let kill = 0; kill < KILLS; kill++) {
      scene.drive();
      await delay(random() * 700);
      const index = Math.floor(random() * MEMBERS);
      await members[index]?.kill();
      expect(members[index]?.errors).toBe('');
      members[index] = scene.start();
    }
    report('killed at random moments', { kills: KILLS, ...(await finish(scene)) });
  });

  test.for(['before', 'after'] as const)('%s a commit', { timeout: TIMEOUT }, async (when, context) => {
    const scene = await createRedisScene(url, bundle.path, context.onTestFinished);
    for (let kill = 0; kill < KILLS; kill++) {
      const member = scene.start({ kill: { when, commit: commitOf(kill, KILLS) } });
      scene.drive();
      const { signal } = await member.exited;
      expect(member.errors).toBe('');
      expect(signal).toBe('SIGKILL');
    }
    report(`killed ${when} a commit`, { kills: KILLS, ...(await finish(scene)) });
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LOCK_MS } from './fixtures/place.ts';
import { useBundle } from './support/use-bundle.ts';
import { report } from './support/report.ts';
import { createRedisScene, inspect, settled } from './support/scene.ts';
import { commitOf, KILLS, TIMEOUT } from './support/sizes.ts';

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const bundle = useBundle();

describe.skipIf(url === '').concurrent('workers on one Redis that stand still for longer than they may', () => {
  test('right before a commit, which is refused when they go on', { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url, bundle.path, context.onTestFinished);
    const sleepers = [];
    for (let i = 0; i < KILLS; i++) {
      const sleeper = scene.start({ kill: { when: 'before', commit: commitOf(i, KILLS), signal: 'SIGSTOP' } });
      scene.drive();
      await sleeper.halted();
      expect(sleeper.errors).toBe('');
      sleepers.push(sleeper);
    }
    const other = scene.start();
    await settled(scene);
    // Everything has been done by now; they think that they are in the middle of it.
    for (const sleeper of sleepers) sleeper.resume();
    for (const sleeper of sleepers) {
      await context.expect.poll(() => sleeper.refused, { timeout: 60_000 }).toBeGreaterThan(0);
      expect(await sleeper.stop()).toBe(0);
      expect(sleeper.errors).toBe('');
    }
    expect(await other.stop()).toBe(0);
    const refused = sleepers.reduce((sum, sleeper) => sum + sleeper.refused, 0);
    report('stood still before a commit', { stops: KILLS, refused, ...(await inspect(scene)) });
  });

  test('anywhere, and go on while the others are at work', { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url, bundle.path, context.onTestFinished);
    const members = [scene.start(), scene.start()];
    await Promise.all(members.map((member) => member.ready()));
    for (let i = 0; i < KILLS; i++) {
      scene.drive({ pause: 300 });
      const member = members[i % members.length];
      await delay(300);
      member?.suspend();
      await delay(2 * LOCK_MS);
      member?.resume();
    }
    await settled(scene);
    for (const member of members) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    const refused = members.reduce((sum, member) => sum + member.refused, 0);
    report('stood still at random moments', { stops: KILLS, refused, ...(await inspect(scene)) });
  });
});

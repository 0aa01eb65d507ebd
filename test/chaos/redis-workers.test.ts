import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { quiet } from '../conformance/targets/quiet.ts';
import { type BundleFile, writeBundle } from './support/bundle.ts';
import { randomFrom } from './support/random.ts';
import { createRedisScene, finish, inspect, settled } from './support/scene.ts';

/** How many kills each test makes. Set `CHAOS_KILLS` for more. */
const KILLS = Number(process.env['CHAOS_KILLS'] ?? 4);
const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
const COMMITS = 45;
/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 120_000 + KILLS * 15_000;

const url = process.env['PERDURE_TEST_REDIS_URL'];
let bundle: BundleFile;

beforeAll(async () => {
  quiet();
  bundle = await writeBundle();
  return () => bundle.remove();
});

/** It takes minutes: only when the whole depth is asked for. */
const isTooDeep = process.env['PERDURE_TEST_DEPTH'] !== 'full';

describe.skipIf(url === undefined || isTooDeep)('workers on one Redis', () => {
  test('killed at random moments', { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url ?? '', bundle.path, context.onTestFinished);
    const random = randomFrom(SEED);
    for (let kill = 0; kill < KILLS; kill++) {
      const [member] = [scene.start(), scene.start()];
      scene.drive();
      await member.ready();
      await delay(random() * 1500);
      await member.kill();
      expect(member.errors).toBe('');
    }
    console.log(`${KILLS} kills at random moments:`, await finish(scene));
  });

  test.for(['before', 'after'] as const)('killed %s a commit', { timeout: TIMEOUT }, async (when, context) => {
    const scene = await createRedisScene(url ?? '', bundle.path, context.onTestFinished);
    for (let kill = 0; kill < KILLS; kill++) {
      const commit = 1 + Math.floor((((kill + SEED / 2) % KILLS) / KILLS) * COMMITS);
      const member = scene.start({ kill: { when, commit } });
      scene.drive();
      const { signal } = await member.exited;
      expect(member.errors).toBe('');
      expect(signal).toBe('SIGKILL');
    }
    console.log(`${KILLS} kills ${when} a commit:`, await finish(scene));
  });

  test('standing still for longer than they may', { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url ?? '', bundle.path, context.onTestFinished);
    const members = [scene.start(), scene.start()];
    await Promise.all(members.map((member) => member.ready()));
    for (let index = 0; index < 4; index++) scene.drive({ pause: 500 });
    for (const member of members) {
      await delay(500);
      member.suspend();
      await delay(3000);
      member.resume();
    }
    await settled(scene);
    for (const member of members) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    console.log('two processes stood still:', await inspect(scene));
  });
});

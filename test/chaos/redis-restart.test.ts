import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { hasRedisServer, RedisProcess } from '../support/redis-process.ts';
import { useBundle } from './support/use-bundle.ts';
import { randomFrom } from './support/random.ts';
import { report } from './support/report.ts';
import { createRedisScene, inspect, settled } from './support/scene.ts';
import { KILLS, SEED, TIMEOUT } from './support/sizes.ts';

const bundle = useBundle();

describe.skipIf(!hasRedisServer)('a Redis that is killed and comes back with its append-only file', () => {
  test('keeps all that it had acknowledged, and work goes on', { timeout: TIMEOUT }, async (context) => {
    const redis = await RedisProcess.start({ args: ['--appendfsync', 'always'] });
    context.onTestFinished(() => redis.stop());
    const scene = await createRedisScene(redis.url, bundle.path, context.onTestFinished);
    const random = randomFrom(SEED);
    const members = [scene.start(), scene.start()];
    await Promise.all(members.map((member) => member.ready()));
    for (let kill = 0; kill < KILLS; kill++) {
      scene.drive();
      scene.drive({ pause: 200 });
      await delay(random() * 1200);
      await redis.kill();
      await delay(random() * 1000);
      await redis.start();
    }
    await settled(scene);
    for (const member of members) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    report('Redis killed', { kills: KILLS, ...(await inspect(scene)) });
  });
});

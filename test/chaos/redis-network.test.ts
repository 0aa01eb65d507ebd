import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LOCK_MS, openPlace } from './fixtures/place.ts';
import { useBundle } from './support/use-bundle.ts';
import { report } from './support/report.ts';
import { createRedisScene, inspect, settled } from './support/scene.ts';
import { scaled, TIMEOUT } from './support/sizes.ts';
import { Proxy, type Toxic } from './support/toxiproxy.ts';

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const toxiproxy = process.env['PERDURE_TEST_TOXIPROXY_URL'] ?? '';
const bundle = useBundle();

/** Times that each kind of fault happens. */
const ROUNDS = scaled(20);

/** Longer than a process may say nothing. */
const LONG_MS = 2 * LOCK_MS;

const faults: Readonly<Record<string, (proxy: Proxy) => Promise<void>>> = {
  cut: async (proxy) => {
    await proxy.cut();
    await delay(LONG_MS);
    await proxy.mend();
  },
  'no answers': (proxy) => during(proxy, { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } }),
  'no requests': (proxy) => during(proxy, { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } }),
  reset: (proxy) => during(proxy, { type: 'reset_peer', stream: 'downstream', attributes: { timeout: 50 } }, 500),
  late: (proxy) => during(proxy, { type: 'latency', stream: 'downstream', attributes: { latency: 300, jitter: 200 } }),
  trickle: (proxy) => during(proxy, { type: 'bandwidth', stream: 'upstream', attributes: { rate: 20 } }),
};

async function during(proxy: Proxy, toxic: Toxic, milliseconds = LONG_MS): Promise<void> {
  const end = await proxy.disturb(toxic);
  await delay(milliseconds);
  await end();
}

describe.skipIf(url === '' || toxiproxy === '')('a network between workers and Redis that is not to be trusted', () => {
  test('cut, mute, resetting, slow: nothing is lost', { timeout: TIMEOUT }, async (context) => {
    const { onTestFinished } = context;
    const proxy = await Proxy.open(toxiproxy, Number(new URL(url).port || 6379));
    onTestFinished(() => proxy.close());
    const bad = `redis://127.0.0.1:${proxy.port}`;
    const scene = await createRedisScene(url, bundle.path, onTestFinished, { url: bad });
    const members = [scene.start(), scene.start()];
    // Signals and updates take the same way as the workers' own calls.
    const engine = await openPlace({ ...scene.place, url: bad });
    await Promise.all(members.map((member) => member.ready()));
    let count = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const fault of Object.values(faults)) {
        scene.drive({ pause: 200, ...(count % 2 === 0 ? { client: engine.client } : {}) });
        await delay(300);
        await fault(proxy);
        count++;
      }
    }
    await settled(scene);
    for (const member of members) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    await engine.close();
    report('network', { faults: count, ...(await inspect(scene)) });
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { queueName } from '../../src/engines/bullmq/keys.ts';
import { RedisStore } from '../../src/engines/bullmq/redis-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../testing/conformance/store/examples.ts';
import { Scene } from '../engines/bullmq/scene.ts';
import { ownKeys } from '../engines/bullmq/support.ts';
import { ledgerActivities, openLedger } from './fixtures/ledger.ts';
import { LOCK_MS } from './fixtures/place.ts';
import { audit } from './support/audit.ts';
import { useBundle } from './support/use-bundle.ts';
import { randomFrom } from './support/random.ts';
import { report } from './support/report.ts';
import { scaled, SEED, TIMEOUT } from './support/sizes.ts';
import { Proxy } from './support/toxiproxy.ts';
import { drive, type DrivenRun } from './support/workload.ts';

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const toxiproxy = process.env['PERDURE_TEST_TOXIPROXY_URL'] ?? '';
const bundle = useBundle();

/** Has a job that a worker holds delivered again, while that worker does not know. */
const DELIVER_AGAIN = `
if redis.call('LREM', KEYS[1] .. 'active', 1, ARGV[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[1] .. 'wait', ARGV[1])
redis.call('ZADD', KEYS[1] .. 'marker', 0, '0')
return 1`;

describe.skipIf(url === '')('a job that is delivered to two workers', () => {
  test('makes nothing happen twice', { timeout: TIMEOUT }, async ({ onTestFinished }) => {
    const directory = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const ledger = join(directory, 'ledger');
    const scene = new Scene({ code: readFileSync(bundle.path, 'utf8'), sourceMap: '' }, url);
    onTestFinished(() => scene.close());
    const workers = { lockDuration: LOCK_MS, stalledInterval: 500 };
    const [web, ...engines] = await Promise.all(Array.from({ length: 3 }, () => scene.engine({ workers })));
    if (web === undefined) return;
    for (const engine of engines) await scene.work(engine, { activities: ledgerActivities(openLedger(ledger)) });
    const queue = `${scene.keys.tag('default')}:${queueName(scene.taskQueue)}:`;
    const client = new Redis(url);
    onTestFinished(() => client.disconnect());
    const random = randomFrom(SEED);
    const driven: DrivenRun[] = [];
    const wanted = scaled(500);
    for (let again = 0; again < wanted;) {
      if (driven.length <= again / 5) {
        driven.push(drive(web.client, scene.taskQueue, `run-${driven.length}`, { pause: 100 }));
      }
      const active = await client.lrange(`${queue}active`, 0, -1);
      const job = active[Math.floor(random() * active.length)];
      if (job !== undefined) again += Number(await client.eval(DELIVER_AGAIN, 1, queue, job));
      await delay(random() * 100);
    }
    await Promise.all(driven.map(({ done }) => done));
    report('jobs delivered twice', {
      deliveries: wanted,
      ...(await audit(web.client, driven, { bundle: bundle.path, ledger })),
    });
  });
});

describe.skipIf(url === '' || toxiproxy === '')('a commit whose answer was lost', () => {
  test('is sent again and counts once', { timeout: TIMEOUT }, async ({ onTestFinished }) => {
    const proxy = await Proxy.open(toxiproxy, Number(new URL(url).port || 6379));
    onTestFinished(() => proxy.close());
    const far = new Redis(proxy.port, '127.0.0.1');
    far.on('error', () => undefined);
    const near = new Redis(url);
    onTestFinished(() => {
      for (const client of [far, near]) client.disconnect();
    });
    const keys = ownKeys();
    const store = new RedisStore({ client: far, keys });
    const seen = new RedisStore({ client: near, keys });
    const record = exampleRecord('w', { nextEventId: 3 });
    expect(await store.commit(creationOf(record, exampleEvents(1, 2)))).toBe('committed');
    const rounds = scaled(300);
    for (let revision = 1; revision <= rounds; revision++) {
      const hear = await proxy.disturb({ type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } });
      const write = {
        expectedRevision: revision,
        record: { ...record, nextEventId: 3 + 2 * revision },
        events: exampleEvents(1 + 2 * revision, 2 + 2 * revision),
      };
      const answer = store.commit(commitOf(write));
      // It is done, and whoever asked for it does not know.
      while ((await seen.load(record))?.revision === revision) await delay(5);
      await hear();
      expect(await answer).toBe('committed');
      expect((await seen.load(record))?.revision).toBe(revision + 1);
    }
    const history = await seen.readHistory(record, 1);
    expect(history.map(({ eventId }) => Number(eventId))).toEqual(history.map((_, index) => index + 1));
    expect(history.length).toBe(2 + 2 * rounds);
    report('answers lost', { commits: rounds });
  });
});

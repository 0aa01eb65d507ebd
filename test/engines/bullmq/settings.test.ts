import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigurationError, EngineUnavailableError } from '../../../src/engine/index.ts';
import { type BullmqEngineOptions, createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { settingsOf } from '../../../src/engines/bullmq/settings.ts';
import { hasRedisServer, startRedis } from '../../support/redis-process.ts';

const retryStrategy = (): null => null;

async function failureOf(options: BullmqEngineOptions, env = {}): Promise<Error> {
  const engine = await createBullmqEngine(options, env).catch((error: unknown) => error as Error);
  if (engine instanceof Error) return engine;
  await engine.close();
  throw new Error('nothing failed');
}

describe('options of the engine on Redis', () => {
  test.each<[unknown, string]>([
    [null, 'options: null is no object.'],
    [{ prefix: '' }, "prefix: '' is no text."],
    [{ namespace: '' }, "namespace: '' is no text."],
    [{ workers: null }, 'workers: null is no object.'],
    [{ workers: { concurrency: 0 } }, 'workers.concurrency: 0 is no count.'],
    [{ workers: { concurrency: 1.5 } }, 'workers.concurrency: 1.5 is no count.'],
    [{ workers: { concurrency: '5' } }, "workers.concurrency: '5' is no count."],
    [{ workers: { maxStalledCount: -1 } }, 'workers.maxStalledCount: -1 is no count.'],
    [{ workers: { lockDuration: Number.NaN } }, 'workers.lockDuration: is NaN.'],
    [{ workers: { lockDuration: 99 } }, 'workers.lockDuration: is 99. Give a number of milliseconds from 100 on.'],
    [{ workers: { stalledInterval: 0 } }, 'workers.stalledInterval: is 0.'],
    [{ workers: { linger: -1 } }, 'workers.linger: is -1.'],
    [{ workers: { linger: '5' } }, "workers.linger: is '5'."],
    [{ workers: { linger: Infinity } }, 'workers.linger: is Infinity.'],
    [{ payloads: { threshold: -1 } }, 'payloads.threshold: is -1.'],
    [{ retention: { age: '30 dais' } }, "retention.age: is '30 dais', which is no duration."],
    [{ retention: { age: null } }, 'retention.age: is null, which is no duration.'],
    [{ retention: { age: -1 } }, 'retention.age: is -1, which is no duration.'],
    [{ retention: { bytes: -1 } }, 'retention.bytes: is -1.'],
    [{ queues: { defaultJobOptions: { attempts: 0.5 } } }, 'queues.defaultJobOptions.attempts: 0.5 is no count.'],
    [{ queues: { defaultJobOptions: { removeOnFail: '5' } } }, "queues.defaultJobOptions.removeOnFail: '5' is neither"],
    [{ queues: { defaultJobOptions: { backoff: { type: '' } } } }, 'queues.defaultJobOptions.backoff.type: '],
    [{ redis: 5 }, 'redis: is neither text nor an object.'],
    [{ redis: { keyPrefix: 'x' } }, 'redis.keyPrefix: does not work with BullMQ.'],
    [{ redis: { cluster: { nodes: [] } } }, 'redis.cluster.nodes: there are none.'],
    [{ redis: { cluster: {} } }, 'redis.cluster.nodes: there are none.'],
    [{ queues: { q: { defaultJobOptions: { attempts: 0 } } } }, 'queues.q.defaultJobOptions.attempts: 0 is no count.'],
    [{ queues: { q: { settings: { stalledInterval: 0 } } } }, 'queues.q.settings.stalledInterval: is 0.'],
    [{ queues: { settings: { lockDuration: 5 } } }, 'queues.settings.lockDuration: is 5.'],
    [{ queues: { q: 5 } }, 'queues.q: 5 is no object.'],
    [{ queues: { '': {} } }, 'queues: a task queue has no name.'],
    [{ queues: [] }, 'queues:  is no object.'],
    [
      { queues: { q: { defaultJobOptions: { backoff: { type: 'fixed', maxDelay: 5 } } } } },
      'backoff.maxDelay: does not',
    ],
    [
      { queues: { defaultJobOptions: { backoff: { type: 'fixed', jitter: 2 } } } },
      'backoff.jitter: is 2. Give a number',
    ],
    [{ workers: { delayedDebounce: 5 } }, 'workers.delayedDebounce: does not exist in BullMQ'],
    [{ redis: { hots: 'x' } }, 'redis.hots: there is no such setting. Known here: url, cluster, host, '],
    [{ redis: { port: 'x' } }, "redis.port: 'x' is no port."],
    [{ redis: { port: 70_000 } }, 'redis.port: 70000 is no port.'],
    [{ redis: { password: 12_345 } }, 'redis.password: is no text but of the type number. Give a string.'],
    [{ redis: { retryDelayOnFailover: 100 } }, 'Move it to `redis.cluster.options.retryDelayOnFailover`'],
    [{ redis: { url: 'redis://there', host: 'here' } }, 'redis.host: is set together with `url`.'],
    [{ redis: { sentinels: [{ hots: 'x' }] } }, 'redis.sentinels[0].hots: there is no such setting.'],
    [{ redis: { cluster: { nodes: [{ port: 0 }] } } }, 'redis.cluster.nodes[0].port: 0 is no port.'],
    [{ redis: { cluster: { nodes: [1], options: { redisOptions: {} } } } }, 'Move its options to `redis`.'],
    [{ client: { namespace: 'x' } }, 'client: these are no options of a client of this engine.'],
    [{ onError: 'log' }, "onError: 'log' is no function."],
  ])('%o are refused', async (options, message) => {
    const failure = await failureOf(options as BullmqEngineOptions);
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure.message).toContain(message);
  });

  test.each<[object, string]>([
    [{ prefx: 'x' }, 'prefx: there is no such setting. Known here: redis, prefix, namespace, '],
    [{ workers: { concurency: 5 } }, 'workers.concurency: there is no such setting. Known here: concurrency, '],
    [{ retention: { size: 5 } }, 'retention.size: there is no such setting. Known here: age, bytes.'],
    [{ payloads: { limit: 5 } }, 'payloads.limit: there is no such setting. Known here: threshold.'],
    [
      { queues: { jobs: { attempt: 1 } } },
      'queues.jobs.attempt: there is no such setting. Known here: defaultJobOptions',
    ],
    [{ queues: { defaultJobOptions: { atempts: 5 } } }, 'queues.defaultJobOptions.atempts: there is no such setting.'],
    [{ redis: { cluster: { nodes: [1], x: 1 } } }, 'redis.cluster.x: there is no such setting. Known here: nodes, opt'],
  ])('%o: there are none of that name', (options, message) => {
    expect(() => settingsOf(options, {})).toThrow(ConfigurationError);
    expect(() => settingsOf(options, {})).toThrow(message);
  });

  test('what is left out has a value', () => {
    const settings = settingsOf({ queues: { defaultJobOptions: { removeOnFail: 5 } } }, { REDIS_URL: 'redis://there' });
    expect(settings).toMatchObject({ redis: { url: 'redis://there' }, prefix: 'perdure', namespace: 'default' });
    expect(settings.workers).toMatchObject({ lockDuration: 10_000, stalledInterval: 5_000 });
    expect(JSON.parse(settings.jobs('any').options)).toEqual({ removeOnComplete: true, removeOnFail: 5, attempts: 1 });
    expect(settings.retention).toEqual({ age: 30 * 86_400_000, bytes: Infinity });
    expect(settingsOf({ retention: { age: Infinity, bytes: 5 } }, {}).retention).toEqual({ age: Infinity, bytes: 5 });
    expect(settingsOf({ redis: 'redis://here' }, { REDIS_URL: 'redis://there' }).redis).toEqual({
      url: 'redis://here',
    });
  });

  test('of a queue come before those of all', () => {
    const settings = settingsOf(
      {
        queues: {
          defaultJobOptions: { removeOnFail: 5 },
          settings: { lockDuration: 200 },
          one: { defaultJobOptions: { removeOnComplete: false }, settings: { maxStalledCount: 1, lockDuration: 300 } },
        },
        workers: { stalledInterval: 7, maxStalledCount: 9 },
      },
      {},
    );
    const kept = (taskQueue: string): unknown => JSON.parse(settings.jobs(taskQueue).options);
    expect(kept('one')).toEqual({ removeOnComplete: false, removeOnFail: 5, attempts: 1 });
    expect(kept('other')).toEqual({ removeOnComplete: true, removeOnFail: 5, attempts: 1 });
    expect([settings.jobs('one').finishedGo, settings.jobs('other').finishedGo]).toEqual([false, true]);
    expect(settings.workersOf('one')).toMatchObject({ lockDuration: 300, stalledInterval: 7, maxStalledCount: 1 });
    expect(settings.workersOf('other')).toMatchObject({ lockDuration: 200, stalledInterval: 7, maxStalledCount: 9 });
    expect(settings.taskQueue).toBe('one');
    expect(settingsOf({ queues: { one: {}, two: {} } }, {}).taskQueue).toBeUndefined();
    expect(settingsOf({}, {}).taskQueue).toBeUndefined();
  });

  test('all that there is may be said', () => {
    const options: BullmqEngineOptions = {
      redis: { url: 'rediss://me:p%40ss@there:1/2?family=6', connectionName: 'x' },
      prefix: 'p',
      namespace: 'n',
      queues: {
        defaultJobOptions: {
          removeOnComplete: { age: 5, count: 5 },
          removeOnFail: true,
          attempts: 3,
          backoff: { type: 'fixed', delay: 5 },
        },
      },
      payloads: { threshold: Infinity },
      retention: { age: '1 day', bytes: 0 },
      workers: { concurrency: 1, lockDuration: 100, stalledInterval: 1, maxStalledCount: 0, linger: 0, overflow: 0 },
      client: { identity: 'me' },
      onError: () => undefined,
    };
    expect(settingsOf(options, {})).toMatchObject({ prefix: 'p', retention: { age: 86_400_000 } });
    expect(settingsOf({ redis: { cluster: { nodes: [7000, 'redis://n1', { host: 'n2' }] } } }, {}).namespace).toBe(
      'default',
    );
  });
});

describe('the URL of a Redis', () => {
  test.each([
    ['http://user:secret@there', 'is of the scheme http:, which is not Redis.'],
    ['there:6379', 'does not begin with redis:// or rediss://.'],
    ['', 'is no text.'],
    ['redis://user:se/cret@there', 'is no valid URL.'],
    ['redis://user:12/secret@there', 'has something else than the number of a database'],
    ['redis://user:12#secret@there', 'has something else than the number of a database'],
    ['redis://user:secret%zz@there', 'is no valid URL.'],
  ])('%s is refused, and not shown', async (url, problem) => {
    const failures: [string, Error][] = [
      ['redis', await failureOf({ redis: url })],
      ['redis.url', await failureOf({ redis: { url } })],
      ['redis.cluster.nodes[0]', await failureOf({ redis: { cluster: { nodes: [url] } } })],
    ];
    // A variable that is empty counts as unset.
    if (url !== '') failures.push(['REDIS_URL', await failureOf({}, { REDIS_URL: url })]);
    for (const [path, failure] of failures) {
      expect(failure).toBeInstanceOf(ConfigurationError);
      expect(failure.message).toContain(`${path}: ${problem}`);
      expect(failure.message).toContain('percent-encoded');
      expect(failure.message).not.toMatch(/cret/);
    }
  });

  test.each([
    ['redis://user:secret@127.0.0.1:1', 'redis://127.0.0.1:1'],
    ['redis://user:se@cret@127.0.0.1:1/2', 'redis://127.0.0.1:1/2'],
    ['redis://127.0.0.1:1/2?password=secret', 'redis://127.0.0.1:1/2'],
  ])('%s is named without its password when nothing is there', async (url, shown) => {
    const failure = await failureOf({ redis: { url, retryStrategy } });
    expect(failure).toBeInstanceOf(EngineUnavailableError);
    expect(failure.message).toContain(`No Redis answers at ${shown}: `);
    expect(failure.message).not.toMatch(/cret/);
    expect(failure.message).not.toContain('..');
  });

  test('a node of a cluster is named without its password', async () => {
    const cluster = { nodes: ['redis://user:se@cret@127.0.0.1:1'], options: { clusterRetryStrategy: retryStrategy } };
    const failure = await failureOf({ redis: { cluster } });
    expect(failure).toBeInstanceOf(EngineUnavailableError);
    expect(failure.message).toContain('No Redis answers at cluster redis://127.0.0.1:1: ');
    expect(failure.message).not.toMatch(/cret|\.\./);
  });
});

describe.skipIf(!hasRedisServer)('credentials', () => {
  test('that are missing or wrong are an error of the configuration', async () => {
    const { port } = await startRedis(onTestFinished);
    const admin = new Redis(port);
    onTestFinished(() => admin.disconnect());
    await admin.config('SET', 'requirepass', 'right');
    const url = `redis://127.0.0.1:${port}`;
    const wrong = `redis://:wrong@127.0.0.1:${port}`;
    for (const [redis, code] of [
      [url, 'NOAUTH'],
      [wrong, 'WRONGPASS'],
      [{ cluster: { nodes: [{ host: '127.0.0.1', port }] }, password: 'wrong' }, 'WRONGPASS'],
      [{ cluster: { nodes: [{ host: '127.0.0.1', port }] } }, 'NOAUTH'],
    ] as const) {
      const failure = await failureOf({ redis });
      expect(failure).toBeInstanceOf(ConfigurationError);
      expect(failure.message).toMatch(/^redis: refuses the credentials at .*Correct user and password/s);
      expect(failure.message).toContain(code);
      expect(failure.message).not.toMatch(/:wrong|\.\./);
    }
  });
});

import { describe, expect, test } from 'vitest';
import { ConfigurationError, EngineUnavailableError } from '../../../src/engine/index.ts';
import { type BullmqEngineOptions, createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { settingsOf } from '../../../src/engines/bullmq/options.ts';

describe('options of the engine on Redis', () => {
  test.each<[BullmqEngineOptions, string]>([
    [{ prefix: '' }, 'prefix: is empty.'],
    [{ workers: { concurrency: 0 } }, 'workers.concurrency: is 0.'],
    [{ workers: { lockDuration: Number.NaN } }, 'workers.lockDuration: is NaN.'],
    [{ workers: { linger: -1 } }, 'workers.linger: is -1.'],
    [{ payloads: { threshold: -1 } }, 'payloads.threshold: is -1.'],
    [{ retention: { age: '30 dais' as never } }, 'retention.age: is 30 dais, which is no duration.'],
    [{ retention: { age: -1 } }, 'retention.age: is -1, which is no duration.'],
    [{ retention: { bytes: -1 } }, 'retention.bytes: is -1.'],
    [{ redis: { keyPrefix: 'x' } }, 'redis.keyPrefix: does not work with BullMQ.'],
  ])('%o are refused', async (options, message) => {
    await expect(createBullmqEngine(options)).rejects.toThrow(message);
    await expect(createBullmqEngine(options)).rejects.toThrow(ConfigurationError);
  });

  test('what is left out has a value', () => {
    const settings = settingsOf({ queues: { defaultJobOptions: { removeOnFail: 5 } } }, { REDIS_URL: 'redis://there' });
    expect(settings).toMatchObject({ redis: { url: 'redis://there' }, prefix: 'perdure', namespace: 'default' });
    expect(settings.workers).toMatchObject({ lockDuration: 10_000, stalledInterval: 5_000 });
    expect(JSON.parse(settings.jobOptions)).toEqual({ removeOnComplete: true, removeOnFail: 5, attempts: 1 });
    expect(settings.retention).toEqual({ age: 30 * 86_400_000, bytes: Infinity });
    expect(settingsOf({ retention: { age: Infinity, bytes: 5 } }, {}).retention).toEqual({ age: Infinity, bytes: 5 });
    expect(settingsOf({ redis: 'redis://here' }, { REDIS_URL: 'redis://there' }).redis).toEqual({
      url: 'redis://here',
    });
  });

  test('a Redis that is not there is named, without its password', async () => {
    const retryStrategy = (): null => null;
    const redis = { url: 'redis://user:secret@127.0.0.1:1', retryStrategy };
    const failure = createBullmqEngine({ redis });
    await expect(failure).rejects.toThrow(EngineUnavailableError);
    await expect(failure).rejects.toThrow('No Redis answers at redis://127.0.0.1:1');
  });
});

import { msToNumber } from '../../official.ts';
import { checkOptions } from './check-options.ts';
import { defined, PAYLOAD_THRESHOLD } from './options.ts';
import type { BullmqEngineOptions, Environment, RedisSettings, Settings, WorkersSettings } from './options.ts';
import { checkRedisUrl } from './redis-url.ts';

const workersDefaults: WorkersSettings = {
  concurrency: 200,
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 1_000_000,
  linger: 5_000,
  overflow: 100,
};

const DEFAULT_AGE = '30 days';

/** Checks options and fills in what was left out. @throws ConfigurationError that names the wrong one. */
export function settingsOf(options: BullmqEngineOptions, env: Environment): Settings {
  checkOptions(options);
  const { prefix = 'perdure', namespace = 'default', queues = {}, workers = {}, retention = {} } = options;
  const { age = DEFAULT_AGE, bytes = Infinity } = retention;
  const defaults = {
    removeOnComplete: true,
    removeOnFail: false,
    attempts: 1,
    ...defined(queues.defaultJobOptions ?? {}),
  };
  return {
    redis: redisSettings(options.redis, env),
    prefix,
    namespace,
    jobOptions: JSON.stringify(defaults),
    payloadThreshold: options.payloads?.threshold ?? PAYLOAD_THRESHOLD,
    finishedGo: defaults.removeOnComplete === true || defaults.removeOnComplete === 0,
    retention: { age: age === Infinity ? age : msToNumber(age), bytes },
    workers: { ...workersDefaults, ...defined(workers) },
  };
}

function redisSettings(redis: RedisSettings | string | undefined, env: Environment): RedisSettings {
  if (typeof redis === 'string') return { url: redis };
  if (redis !== undefined) return redis;
  const url = env['REDIS_URL'];
  if (url === undefined || url === '') return {};
  checkRedisUrl('REDIS_URL', url);
  return { url };
}

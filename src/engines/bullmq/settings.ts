import { msToNumber } from '../../official.ts';
import { checkOptions } from './check-options.ts';
import { defined, PAYLOAD_THRESHOLD } from './options.ts';
import type {
  BullmqEngineOptions,
  Environment,
  JobDefaults,
  JobKeeping,
  QueueSettings,
  RedisSettings,
  Settings,
  WorkersSettings,
} from './options.ts';
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
  const { prefix = 'perdure', namespace = 'default', queues = {}, retention = {} } = options;
  const { age = DEFAULT_AGE, bytes = Infinity } = retention;
  const workers = { ...workersDefaults, ...defined(options.workers ?? {}) };
  const { all, named } = queuesOf(queues);
  const names = Object.keys(named);
  const common = keeping(all.defaultJobOptions);
  const kept = new Map(
    names.map((name) => [name, keeping(all.defaultJobOptions, ownOf(named, name).defaultJobOptions)]),
  );
  return {
    redis: redisSettings(options.redis, env),
    prefix,
    namespace,
    jobs: (taskQueue) => kept.get(taskQueue) ?? common,
    taskQueue: names.length === 1 ? names[0] : undefined,
    payloadThreshold: options.payloads?.threshold ?? PAYLOAD_THRESHOLD,
    retention: { age: age === Infinity ? age : msToNumber(age), bytes },
    workers,
    workersOf: (taskQueue) => ({
      ...workers,
      ...defined(all.settings ?? {}),
      ...defined(ownOf(named, taskQueue).settings ?? {}),
    }),
  };
}

type NamedQueues = Readonly<Record<string, QueueSettings>>;

function queuesOf(queues: QueueSettings | NamedQueues): { readonly all: QueueSettings; readonly named: NamedQueues } {
  const { defaultJobOptions, settings, ...named } = queues as QueueSettings & NamedQueues;
  return { all: { ...defined({ defaultJobOptions, settings }) }, named };
}

function ownOf(named: NamedQueues, taskQueue: string): QueueSettings {
  return Object.hasOwn(named, taskQueue) ? (named[taskQueue] ?? {}) : {};
}

function keeping(all: JobDefaults = {}, own: JobDefaults = {}): JobKeeping {
  const defaults = { removeOnComplete: true, removeOnFail: false, attempts: 1, ...defined(all), ...defined(own) };
  const finishedGo = defaults.removeOnComplete === true || defaults.removeOnComplete === 0;
  return { options: JSON.stringify(defaults), finishedGo };
}

function redisSettings(redis: RedisSettings | string | undefined, env: Environment): RedisSettings {
  if (typeof redis === 'string') return { url: redis };
  if (redis !== undefined) return redis;
  const url = env['REDIS_URL'];
  if (url === undefined || url === '') return {};
  checkRedisUrl('REDIS_URL', url);
  return { url };
}

import { ConfigurationError } from '../../engine/index.ts';
import { anything, type Check, clientOptions, count, flag, section, show, text } from '../../engine/shape.ts';
import { msToNumber } from '../../official.ts';
import type { BullmqEngineOptions, JobDefaults, RedisSettings, WorkersSettings } from './options.ts';
import { checkRedisUrl } from './redis-url.ts';

/** The shortest time after which a process may count as gone: below, one that is busy for a moment would lose its runs. */
const SHORTEST_LOCK_MS = 100;

function number(smallest: number, unit: string, greatest: number = Number.MAX_VALUE): Check {
  return (path, value) => {
    if (typeof value === 'number' && value >= smallest && value <= greatest) return;
    throw new ConfigurationError(path, `is ${show(value)}.`, { fix: `Give a number of ${unit} from ${smallest} on.` });
  };
}

const duration: Check = (path, value) => {
  try {
    if (value === Infinity || msToNumber(value) >= 0) return;
  } catch {
    // Said below.
  }
  throw new ConfigurationError(path, `is ${show(value)}, which is no duration.`, {
    fix: "Give milliseconds or a string such as '30 days'.",
  });
};

const handler: Check = (path, value) => {
  if (typeof value === 'function') return;
  throw new ConfigurationError(path, `${show(value)} is no function.`, { fix: 'Give a function, or leave it out.' });
};

const keptJobs = section({ age: number(0, 'seconds'), count: count(0) });
const keep: Check = (path, value) => {
  if (typeof value === 'object') keptJobs(path, value);
  else if (typeof value === 'number') count(0)(path, value);
  else flag(path, value);
};

const backoffOf = section({ type: text, delay: number(0, 'milliseconds') });
const backoff: Check = (path, value) => {
  if (typeof value === 'object') backoffOf(path, value);
  else number(0, 'milliseconds')(path, value);
};

const jobDefaults = section({
  removeOnComplete: keep,
  removeOnFail: keep,
  attempts: count(1),
  backoff,
} satisfies Record<keyof JobDefaults, Check>);

const workers = section({
  concurrency: count(1),
  lockDuration: number(SHORTEST_LOCK_MS, 'milliseconds'),
  stalledInterval: number(1, 'milliseconds'),
  maxStalledCount: count(0),
  linger: number(0, 'milliseconds'),
  overflow: number(0, 'milliseconds'),
} satisfies Record<keyof WorkersSettings, Check>);

/** What is beside `url`, `cluster` and `keyPrefix` is for ioredis to check. */
const redis: Check = (path, value) => {
  if (typeof value === 'string') {
    checkRedisUrl(path, value);
    return;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(path, 'is neither text nor an object.', {
      fix: 'Give a URL or the options of ioredis.',
    });
  }
  const { url, cluster, keyPrefix } = value as RedisSettings;
  if (keyPrefix !== undefined) {
    throw new ConfigurationError(`${path}.keyPrefix`, 'does not work with BullMQ.', {
      fix: 'Use `prefix` of the engine.',
    });
  }
  if (url !== undefined) checkRedisUrl(`${path}.url`, url);
  if (cluster !== undefined) clusterOf(`${path}.cluster`, cluster);
};

const nodes: Check = (path, value) => {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(path, 'there are none.', { fix: 'Give a list such as [{ host, port }].' });
  }
  for (const [index, node] of value.entries()) {
    if (typeof node === 'string') checkRedisUrl(`${path}[${index}]`, node);
  }
};

const clusterShape = section({ nodes, options: anything });
const clusterOf: Check = (path, value) => {
  clusterShape(path, value);
  nodes(`${path}.nodes`, (value as { nodes?: unknown }).nodes);
};

const shape = section(
  {
    redis,
    prefix: text,
    namespace: text,
    queues: section({ defaultJobOptions: jobDefaults }),
    payloads: section({ threshold: number(0, 'bytes', Infinity) }),
    retention: section({ age: duration, bytes: number(0, 'bytes', Infinity) }),
    workers,
    client: clientOptions,
    onError: handler,
  } satisfies Record<keyof BullmqEngineOptions, Check>,
  'options',
);

/**
 * Looks whether all options exist and are of the right kind.
 * @throws ConfigurationError for the first that is wrong.
 */
export function checkOptions(options: BullmqEngineOptions): void {
  shape('', options);
}

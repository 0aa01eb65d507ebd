import { ConfigurationError } from '../../engine/index.ts';
import { type Check, clientOptions, count, flag, number, section, show, text } from '../../engine/shape.ts';
import { msToNumber } from '../../official.ts';
import { redis } from './check-redis.ts';
import { elsewhere } from './elsewhere.ts';
import type { BullmqEngineOptions, JobDefaults, QueueSettings, WorkersSettings } from './options.ts';

/** The shortest time after which a process may count as gone: below, one that is busy for a moment would lose its runs. */
const SHORTEST_LOCK_MS = 100;

const share: Check = (path, value) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return;
  throw new ConfigurationError(path, `is ${show(value)}.`, { fix: 'Give a number from 0 to 1.' });
};

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

const backoffOf = section({ type: text, delay: number(0, 'milliseconds'), jitter: share }, '', elsewhere.backoff);
const backoff: Check = (path, value) => {
  if (typeof value === 'object') backoffOf(path, value);
  else number(0, 'milliseconds')(path, value);
};

const jobDefaults = section(
  { removeOnComplete: keep, removeOnFail: keep, attempts: count(1), backoff } satisfies Record<
    keyof JobDefaults,
    Check
  >,
  '',
  elsewhere.jobs,
);

const taking = {
  lockDuration: number(SHORTEST_LOCK_MS, 'milliseconds'),
  stalledInterval: number(1, 'milliseconds'),
  maxStalledCount: count(0),
};

const queue = {
  defaultJobOptions: jobDefaults,
  settings: section(taking, '', elsewhere.queueSettings),
} satisfies Record<keyof QueueSettings, Check>;
const ofAllQueues = section(queue);
const ofOneQueue = section(queue, '', elsewhere.queue);

/** What is no setting of all queues is the name of one. */
const queues: Check = (path, value) => {
  ofAllQueues(path, typeof value === 'object' && value !== null && !Array.isArray(value) ? {} : value);
  for (const [name, settings] of Object.entries(value as object)) {
    if (name === '') {
      throw new ConfigurationError(path, 'a task queue has no name.', { fix: 'Name it.' });
    }
    if (Object.hasOwn(queue, name)) ofAllQueues(path, { [name]: settings as unknown });
    else if (settings !== undefined) ofOneQueue(`${path}.${name}`, settings);
  }
};

const workers = section(
  {
    concurrency: count(1),
    ...taking,
    linger: number(0, 'milliseconds'),
    overflow: number(0, 'milliseconds'),
  } satisfies Record<keyof WorkersSettings, Check>,
  '',
  elsewhere.workers,
);

const shape = section(
  {
    redis,
    prefix: text,
    namespace: text,
    queues,
    payloads: section({ threshold: number(0, 'bytes', Infinity) }),
    retention: section({ age: duration, bytes: number(0, 'bytes', Infinity) }),
    workers,
    client: clientOptions,
    onError: handler,
  } satisfies Record<keyof BullmqEngineOptions, Check>,
  'options',
  elsewhere.root,
);

/**
 * Looks whether all options exist and are of the right kind.
 * @throws ConfigurationError for the first that is wrong.
 */
export function checkOptions(options: BullmqEngineOptions): void {
  shape('', options);
}

import type { ClientOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { ConfigurationError } from '../../engine/index.ts';
import { msToNumber } from '../../official.ts';

/** Where Redis is: ioredis' own options (TLS and Sentinel among them), or those of a cluster. */
export type RedisSettings = Omit<RedisOptions, 'replyMapping'> & {
  /** Instead of `host` and `port`. Everything beside it is for each of the nodes. */
  readonly cluster?: {
    /** Where to ask for all others first. */
    readonly nodes: readonly ClusterNode[];
    /** As ioredis has them. */
    readonly options?: Omit<ClusterOptions, 'redisOptions'>;
  };
  /** Instead of `host` and `port`: as `redis://user:password@host:port/database`, or `rediss://…`. */
  readonly url?: string;
};

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How finished jobs are kept, as BullMQ has it. */
export type KeepJobs =
  | boolean
  | number
  | {
      /** Seconds. */
      readonly age?: number;
      /** The newest so many. */
      readonly count?: number;
    };

/** Options of the jobs that stand for runs. */
export interface JobDefaults {
  /** Whether a finished run's job goes. The run itself stays, whatever this says. Default: `true`. */
  readonly removeOnComplete?: KeepJobs;
  /** The same for jobs that failed, which says that something is wrong with this engine: runs fail without it. Default: `false`. */
  readonly removeOnFail?: KeepJobs;
  /** Attempts of a job whose *processing* fails. Retries of workflows and activities are those of their retry policies. Default: 1. */
  readonly attempts?: number;
  /** Wait between them. Default: none. */
  readonly backoff?:
    | number
    | {
        /** `fixed` or `exponential`. */
        readonly type: string;
        /** Milliseconds. */
        readonly delay?: number;
      };
}

/** How this process takes part in the work. Durations in milliseconds. */
export interface WorkersSettings {
  /** Runs of one task queue that are in memory here at once. Default: 200. */
  readonly concurrency: number;
  /** How long a process that says nothing keeps its runs. Default: 10 s. */
  readonly lockDuration: number;
  /** How often is looked for processes that say nothing. Default: 5 s. */
  readonly stalledInterval: number;
  /** How often a run may lose its process before its job fails. Default: practically for ever, as it is not the run's fault. */
  readonly maxStalledCount: number;
  /** How long a run that has nothing to do stays in memory. Default: 5 s. */
  readonly linger: number;
  /** How long an activity waits for a free slot of the process that its run is in before others may have it. Default: 100 ms. */
  readonly overflow: number;
}

/** An engine on Redis. */
export interface BullmqEngineOptions {
  /** Default: the variable `REDIS_URL`, else `127.0.0.1:6379`. */
  readonly redis?: RedisSettings | string;
  /** What all keys begin with: keeps applications on one Redis apart. Default: `perdure`. */
  readonly prefix?: string;
  /** Default: `'default'`. */
  readonly namespace?: string;
  /** How the queues of BullMQ are kept. */
  readonly queues?: {
    /** Of every job. */
    readonly defaultJobOptions?: JobDefaults;
  };
  /** How payloads (inputs, results, memo fields) are kept. */
  readonly payloads?: {
    /** Those with more bytes are kept once for a run, beside its record and history. Processes may differ in it. Default: 32 KiB. */
    readonly threshold?: number;
  };
  /**
   * How long closed runs are kept, with all that belongs to them. One stays longer while its parent, a child of it, or the run that continues it is open.
   * Processes that share a namespace should agree.
   */
  readonly retention?: {
    /** Since a run was closed: milliseconds, or as `'30 days'`; `Infinity` for ever. Default: 30 days. */
    readonly age?: Duration;
    /** Size of all closed runs of the namespace together: history, payloads and records. The oldest go first. Default: no limit. */
    readonly bytes?: number;
  };
  /** How this process takes part in the work. */
  readonly workers?: Partial<WorkersSettings>;
  /** Further options of the client: data converter, interceptors, plugins, identity. The data converter is also that of the workers. */
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
  /**
   * Told about what goes wrong in the background and is tried again, and about settings of Redis that put runs at risk. Default: process warnings
   * (`PERDURE_REDIS`), of what goes wrong at most one in ten seconds.
   */
  readonly onError?: (error: unknown) => void;
}

/** How long closed runs are kept. */
export interface RetentionLimits {
  /** Milliseconds since they were closed. */
  readonly age: number;
  /** Size of all closed runs of a namespace. */
  readonly bytes: number;
}

/** Options with everything that was left out. */
export interface Settings {
  readonly redis: RedisSettings;
  readonly prefix: string;
  readonly namespace: string;
  /** JSON. */
  readonly jobOptions: string;
  /** Bytes. */
  readonly payloadThreshold: number;
  /** Whether the job of a run goes as soon as the run is closed. */
  readonly finishedGo: boolean;
  readonly retention: RetentionLimits;
  readonly workers: WorkersSettings;
}

const workersDefaults: WorkersSettings = {
  concurrency: 200,
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 1_000_000,
  linger: 5_000,
  overflow: 100,
};

/** Bytes of a payload that is kept in what it belongs to. */
export const PAYLOAD_THRESHOLD = 32_768;
const DEFAULT_AGE = '30 days';

/** Checks options and fills in what was left out. @throws ConfigurationError that names the wrong one. */
export function settingsOf(options: BullmqEngineOptions, env: Environment): Settings {
  const { prefix = 'perdure', namespace = 'default', queues = {}, workers = {} } = options;
  if (prefix === '') throw new ConfigurationError('prefix', 'is empty.', { fix: 'Leave it out, or name one.' });
  const all: WorkersSettings = { ...workersDefaults, ...defined(workers) };
  for (const [name, value] of Object.entries(all)) {
    const least = name === 'linger' || name === 'overflow' || name === 'maxStalledCount' ? 0 : 1;
    if (Number.isFinite(value) && value >= least) continue;
    throw new ConfigurationError(`workers.${name}`, `is ${value}.`, { fix: `Give a number from ${least} on.` });
  }
  const { threshold = PAYLOAD_THRESHOLD } = options.payloads ?? {};
  if (!(threshold >= 0)) {
    throw new ConfigurationError('payloads.threshold', `is ${threshold}.`, { fix: 'Give a number of bytes.' });
  }
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
    payloadThreshold: threshold,
    finishedGo: defaults.removeOnComplete === true || defaults.removeOnComplete === 0,
    retention: retentionOf(options.retention),
    workers: all,
  };
}

function retentionOf({
  age = DEFAULT_AGE,
  bytes = Infinity,
}: { age?: Duration; bytes?: number } = {}): RetentionLimits {
  if (!(bytes >= 0)) {
    throw new ConfigurationError('retention.bytes', `is ${bytes}.`, {
      fix: 'Give a number of bytes, or leave it out.',
    });
  }
  let milliseconds = Number.NaN;
  try {
    milliseconds = age === Infinity ? age : msToNumber(age);
  } catch {
    // Said below.
  }
  if (!(milliseconds >= 0)) {
    throw new ConfigurationError('retention.age', `is ${age}, which is no duration.`, {
      fix: "Give milliseconds or a string such as '30 days'.",
    });
  }
  return { age: milliseconds, bytes };
}

function redisSettings(redis: RedisSettings | string | undefined, env: Environment): RedisSettings {
  if (typeof redis === 'string') return { url: redis };
  if (redis?.keyPrefix !== undefined) {
    throw new ConfigurationError('redis.keyPrefix', 'does not work with BullMQ.', {
      fix: 'Use `prefix` of the engine.',
    });
  }
  if (redis !== undefined) return redis;
  const url = env['REDIS_URL'];
  return url === undefined || url === '' ? {} : { url };
}

/** The fields that say something. */
export function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

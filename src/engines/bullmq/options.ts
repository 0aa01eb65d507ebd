import type { ClientOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';

/** What this engine or BullMQ decides about connections. */
export type OwnRedisOptions = 'keyPrefix' | 'monitor' | 'replyMapping' | 'stringNumbers';

/**
 * Where Redis is: ioredis' own options (TLS and Sentinel among them), or those of a cluster. `lazyConnect` and `maxRetriesPerRequest` may be there, and make
 * no difference: connections are made when the engine is opened, and commands that may not wait for ever are tried 20 times.
 */
export type RedisSettings = Omit<RedisOptions, OwnRedisOptions> & {
  /** Instead of `host` and `port`. Everything beside it is for each of the nodes. */
  readonly cluster?: {
    /** Where to ask for all others first. */
    readonly nodes: readonly ClusterNode[];
    /** As ioredis has them. */
    readonly options?: Omit<ClusterOptions, 'redisOptions'>;
  };
  /** Instead of `host` and `port`: as `redis://user:password@host:port/database`, or `rediss://…`; user and password are percent-encoded. */
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
        /** The share of the wait that is left to chance, from 0 to 1. Default: 0. */
        readonly jitter?: number;
      };
}

/** How one of BullMQ's queues is kept, and its jobs taken. */
export interface QueueSettings {
  /** Of each of its jobs. */
  readonly defaultJobOptions?: JobDefaults;
  /** As in `workers`, for this queue. */
  readonly settings?: Partial<Pick<WorkersSettings, 'lockDuration' | 'maxStalledCount' | 'stalledInterval'>>;
}

/** How this process takes part in the work. Durations in milliseconds. */
export interface WorkersSettings {
  /** Runs of one task queue that are in memory here at once. Default: 200. */
  readonly concurrency: number;
  /** How long a process that says nothing keeps its runs; at least 100 ms. Default: 10 s. */
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
  /**
   * How the queues of BullMQ are kept: all of them alike (`{ defaultJobOptions, settings }`), or by the names of their task queues; what is said of one comes
   * before what is said of all. With a single name, that is where runs are started and workers look when nothing else is said.
   */
  readonly queues?: QueueSettings | Readonly<Record<string, QueueSettings>>;
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
   * (`PERDURE_REDIS`), of what goes wrong at most one in ten seconds. A function of one's own is told everything, several times a second while Redis is
   * away.
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
  /** How the jobs of a task queue are kept. */
  readonly jobs: (taskQueue: string) => JobKeeping;
  /** The only task queue that is named. */
  readonly taskQueue: string | undefined;
  /** Bytes. */
  readonly payloadThreshold: number;
  readonly retention: RetentionLimits;
  readonly workers: WorkersSettings;
  /** How the jobs of a task queue are taken: `workers`, but for what is said of this one. */
  readonly workersOf: (taskQueue: string) => WorkersSettings;
}

/** How the jobs of a queue are kept. */
export interface JobKeeping {
  /** Options of a job, as JSON. */
  readonly options: string;
  /** Whether they say that a job goes as soon as its run is closed. */
  readonly finishedGo: boolean;
}

/** Bytes of a payload that is kept in what it belongs to. */
export const PAYLOAD_THRESHOLD = 32_768;

/** The fields that say something. */
export function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

import type { Refusal } from '../../engine/shape.ts';

type Refusals = Readonly<Record<string, Refusal>>;

const refuse = (problem: string, fix: string): Refusal => ({ problem, fix });

const answers = refuse('changes what the answers of Redis look like, which BullMQ relies on.', 'Leave it out.');
const ofTheEngine = (name: string): Refusal => refuse('is not what it is called here.', `Use \`${name}\`.`);
const legacy = refuse('was a setting of Bull, which BullMQ does not have.', 'Leave it out.');
const keptJobs = refuse('is an option of jobs.', 'Move it to `queues.defaultJobOptions`.');

/** Settings that people know from ioredis, Bull and BullMQ, of other versions too, and why they are none of this engine. By the section where they are put. */
export const elsewhere: Readonly<
  Record<'backoff' | 'cluster' | 'jobs' | 'queue' | 'queueSettings' | 'redis' | 'root' | 'workers', Refusals>
> = {
  root: {
    connection: ofTheEngine('redis'),
    defaultJobOptions: refuse('belongs to queues.', 'Move it to `queues.defaultJobOptions`.'),
    settings: refuse('belongs to queues.', 'Move it to `queues.settings`.'),
    worker: ofTheEngine('workers'),
    queue: ofTheEngine('queues'),
    taskQueue: refuse(
      'is the name of a queue here.',
      'Name it in `queues`: { queues: { name: {} } }, or pass `taskQueue` to connect() and runWorker().',
    ),
  },
  redis: {
    keyPrefix: refuse('does not work with BullMQ.', 'Use `prefix` of the engine.'),
    replyMapping: answers,
    stringNumbers: answers,
    monitor: refuse('makes a connection that can do nothing else.', 'Leave it out.'),
    dropBufferSupport: refuse('does not exist in ioredis any more.', 'Leave it out.'),
    clusters: ofTheEngine('redis.cluster'),
    hostname: ofTheEngine('redis.host'),
    user: ofTheEngine('redis.username'),
    database: ofTheEngine('redis.db'),
    socket: refuse('is an option of another client of Redis.', 'Give `host`, `port` and `tls` in `redis` itself.'),
  },
  cluster: {
    redisOptions: refuse('is what stands beside `cluster`.', 'Move its options to `redis`.'),
    keyPrefix: refuse('does not work with BullMQ.', 'Use `prefix` of the engine.'),
  },
  backoff: {
    maxDelay: refuse(
      'does not exist in BullMQ, whose waits have no upper bound.',
      'Leave it out; activities have `maximumInterval` in their retry policy.',
    ),
  },
  jobs: {
    delay: refuse('is decided for each run.', 'Use `startDelay` of the official client.'),
    priority: refuse('is decided for each run.', 'Give `priority` when a run is started.'),
    jobId: refuse('is the id of the run.', 'Give `id` when a run is started.'),
    lifo: refuse('is not offered: runs are taken in order of priority and time.', 'Leave it out.'),
    repeat: refuse('is decided for each schedule.', 'Use `engine.jobSchedulers`.'),
    timeout: refuse('does not exist in BullMQ any more.', 'Give `timeout` when a run is started.'),
  },
  queue: {
    attempts: refuse('is an option of jobs.', 'Move it to `defaultJobOptions`.'),
    backoff: refuse('is an option of jobs.', 'Move it to `defaultJobOptions`.'),
    removeOnComplete: refuse('is an option of jobs.', 'Move it to `defaultJobOptions`.'),
    removeOnFail: refuse('is an option of jobs.', 'Move it to `defaultJobOptions`.'),
    limiter: refuse(
      'is not offered for runs.',
      'Bound activities by `maxTaskQueueActivitiesPerSecond` of the official worker.',
    ),
  },
  queueSettings: {
    backoffStrategy: refuse('is code, which queues cannot keep.', 'Use `backoff` of `defaultJobOptions`.'),
    backoffStrategies: refuse('is code, which queues cannot keep.', 'Use `backoff` of `defaultJobOptions`.'),
    lockRenewTime: refuse('is a third of `lockDuration`.', 'Set `lockDuration`.'),
    guardInterval: legacy,
    retryProcessDelay: legacy,
    drainDelay: legacy,
  },
  workers: {
    delayedDebounce: refuse(
      'does not exist in BullMQ, whose workers wait for delayed jobs themselves.',
      'Leave it out.',
    ),
    lockRenewTime: refuse('is a third of `lockDuration`.', 'Set `lockDuration`.'),
    removeOnComplete: keptJobs,
    removeOnFail: keptJobs,
    settings: refuse(
      'does not exist here.',
      'Give `lockDuration`, `stalledInterval` and `maxStalledCount` in `workers` itself, and what is about jobs in `queues.defaultJobOptions`.',
    ),
    limiter: refuse(
      'is not offered for runs.',
      'Bound activities by `maxTaskQueueActivitiesPerSecond` of the official worker.',
    ),
    taskQueue: refuse('is said by whoever works.', 'Pass `taskQueue` to runWorker(), or name one queue in `queues`.'),
  },
};

import type { Engine, ReconcileOptions, ReconcileResult } from '../../engine/index.ts';
import { ConfigurationError } from '../../engine/index.ts';
import type { LocalConnection } from '../../runtime/connection.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { LocalEngine, type LocalEngineOptions, type OpenService } from '../local/engine.ts';
import { checkRights } from './check-server.ts';
import { connect } from './connect.ts';
import { Core } from './core.ts';
import { JobSchedulers } from './job-schedulers.ts';
import { Keys } from './keys.ts';
import { settingsOf } from './settings.ts';
import type { BullmqEngineOptions, Environment } from './options.ts';
import { LimitedWarnings } from './warnings.ts';

/** Workflows on Redis, shared by all processes that open it. */
export interface BullmqEngine extends Engine {
  /** A further connection to this engine; it ends with the engine at the latest. `client` and `nativeConnection` have one of their own. */
  connect(): LocalConnection;
  /** See `Engine`. Some process that has the engine open does this every half minute anyway. */
  reconcile(options?: ReconcileOptions): Promise<ReconcileResult>;

  /** Recurring starts of runs, by BullMQ's job schedulers. */
  readonly jobSchedulers: JobSchedulers;

  /**
   * Pauses a task queue, in all processes, until it is resumed: no run of it is taken up and no activity begun. What a worker has in hand comes to its next
   * stop, within a second or so, and is put aside. Starts and signals are accepted and kept; queries and updates wait. The same as a pause of both of BullMQ's
   * queues, by a dashboard for example.
   * @throws StoreError when Redis is away for some seconds.
   */
  pauseTaskQueue(taskQueue: string): Promise<void>;

  /** Goes on with a task queue, in the order in which everything came. @throws StoreError as `pauseTaskQueue`. */
  resumeTaskQueue(taskQueue: string): Promise<void>;
}

/**
 * Joins the processes that run workflows on one Redis. A process without workers only asks; the first poll of a worker makes it take part.
 * @param env where `REDIS_URL` is looked for. Default `process.env`.
 * @throws ConfigurationError when an option is wrong, or Redis is set up so that runs would get lost.
 * @throws EngineUnavailableError when no Redis answers.
 * @example
 * const engine = await createBullmqEngine({ redis: 'redis://127.0.0.1:6379' });
 */
export async function createBullmqEngine(
  options: BullmqEngineOptions = {},
  env: Environment = process.env,
): Promise<BullmqEngine> {
  const settings = settingsOf(options, env);
  const say = (message: string): void =>
    process.emitWarning(message, { type: 'PerdureWarning', code: 'PERDURE_REDIS' });
  const warnings = new LimitedWarnings(say);
  const { onError = (error: unknown) => warnings.add(error) } = options;
  const warn = (message: string): void => {
    if (options.onError === undefined) say(message);
    else onError(new Error(message));
  };
  const connections = await connect(settings.redis, warn);
  const { address, version } = connections;
  let core: Core;
  try {
    const base = new Keys(settings.prefix).base(settings.namespace);
    await checkRights(connections.commands, connections.messages, base);
    core = await Core.open(connections, settings, onError);
  } catch (error) {
    connections.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await core.close();
    connections.close();
  };
  const local = {
    name: 'bullmq',
    namespace: settings.namespace,
    clock: systemClock,
    limits: {},
    version,
    taskQueue: settings.taskQueue,
    secret: () => core.secret,
    broadcasts: core.broadcasts,
    ...(options.client ? { client: options.client } : {}),
  };
  const jobSchedulers = new JobSchedulers({
    client: connections.commands,
    keys: new Keys(settings.prefix),
    namespace: settings.namespace,
    queue: () => core.queues.get('', 'schedulers'),
    clientOptions: options.client,
  });
  return new RedisEngine(local, { service: core.service, address, close }, core, jobSchedulers);
}

class RedisEngine extends LocalEngine implements BullmqEngine {
  readonly jobSchedulers: JobSchedulers;
  readonly #core: Core;

  constructor(options: LocalEngineOptions, opened: OpenService, core: Core, jobSchedulers: JobSchedulers) {
    super(options, opened);
    this.#core = core;
    this.jobSchedulers = jobSchedulers;
  }

  async pauseTaskQueue(taskQueue: string): Promise<void> {
    await this.#core.queues.pause(taskQueue);
  }

  async resumeTaskQueue(taskQueue: string): Promise<void> {
    await this.#core.queues.resume(taskQueue);
  }

  async reconcile(options: ReconcileOptions = {}): Promise<ReconcileResult> {
    const { stalledThresholdSeconds: seconds = 0 } = options;
    if (Number.isFinite(seconds) && seconds >= 0) return await this.#core.keeper.sweep(options);
    throw new ConfigurationError('stalledThresholdSeconds', `is ${seconds}.`, { fix: 'Give seconds from 0 on.' });
  }
}

import { Client, type ClientOptions } from '@temporalio/client';
import type { ActivityOptions } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import type { Engine, EngineHealth, EngineInfo, PerdureWorker } from '../../engine/index.ts';
import type { TemporalEngineConfig, TemporalWorkersConfig } from './config.ts';
import { connect, type Connections } from './connect.ts';
import { readHealth, readInfo, type StatusSource } from '../../engine/status.ts';
import { defaultTimeouts } from './defaults.ts';
import type { Environment } from './environment.ts';
import { resolveSettings, type TemporalSettings } from './settings.ts';

/** Options of a worker of this engine: the official ones; the task queue may come from the engine's configuration. */
export type TemporalWorkerOptions = Omit<WorkerOptions, 'taskQueue'> & Partial<Pick<WorkerOptions, 'taskQueue'>>;

/** A Temporal cluster, through the official client and worker. */
export interface TemporalEngine extends Engine {
  /** From `workflowDefaults.activityTimeout` and `retryPolicy`: an agent's activities have them, a workflow of one's own may give them to `proxyActivities`. */
  readonly activityDefaults: ActivityOptions;
  createWorker(options: TemporalWorkerOptions): Promise<PerdureWorker>;
}

/**
 * Connects to a Temporal cluster.
 * @param env where settings come from that `config` does not give. Default `process.env`.
 * @throws ConfigurationError when a setting is wrong, a TLS file is unusable, or the namespace does not exist.
 * @throws EngineUnavailableError when no server answers in time, or when it refuses the credentials.
 * @example
 * const engine = await createTemporalEngine({ connection: { address: 'localhost:7233' } });
 */
export async function createTemporalEngine(
  config: TemporalEngineConfig = {},
  env: Environment = process.env,
): Promise<TemporalEngine> {
  const settings = resolveSettings(config, env);
  if (config.workers?.enableLogging === false) quieten();
  return new ConnectedEngine(config, settings, await connect(settings));
}

class ConnectedEngine implements TemporalEngine {
  readonly name = 'temporal';
  readonly client: Client;
  readonly nativeConnection: NativeConnection;
  readonly activityDefaults: ActivityOptions;
  readonly taskQueue: string | undefined;
  private readonly config: TemporalEngineConfig;
  private readonly settings: TemporalSettings;
  private readonly connections: Connections;
  private readonly madeAt = performance.now();
  private closing: Promise<void> | undefined;

  constructor(config: TemporalEngineConfig, settings: TemporalSettings, connections: Connections) {
    this.config = config;
    this.settings = settings;
    this.connections = connections;
    this.nativeConnection = connections.nativeConnection;
    this.activityDefaults = settings.activityDefaults;
    this.taskQueue = config.workers?.taskQueue;
    this.client = new Client({
      ...clientOptions(config),
      connection: connections.connection,
      namespace: settings.namespace,
    });
  }

  async createWorker(options: TemporalWorkerOptions): Promise<PerdureWorker> {
    const { dataConverter } = this.config.client ?? {};
    return await Worker.create({
      connection: this.nativeConnection,
      namespace: this.settings.namespace,
      ...(dataConverter === undefined ? {} : { dataConverter }),
      ...workerDefaults(this.config.workers ?? {}, options.tuner !== undefined),
      ...options,
    } as WorkerOptions);
  }

  async info(): Promise<EngineInfo> {
    return await readInfo(this.statusSource());
  }

  async health(): Promise<EngineHealth> {
    const health = await readHealth(this.statusSource());
    return { ...health, uptime: performance.now() - this.madeAt };
  }

  async close(): Promise<void> {
    this.closing ??= this.closeConnections();
    try {
      await this.closing;
    } catch (error) {
      this.closing = undefined;
      throw error;
    }
  }

  private statusSource(): StatusSource {
    const { name, settings, config } = this;
    const { connection } = this.connections;
    return { name, connection, namespace: settings.namespace, taskQueue: config.workers?.taskQueue };
  }

  /** The native connection first: it refuses while workers run, and then nothing must be closed. */
  private async closeConnections(): Promise<void> {
    await this.nativeConnection.close();
    await this.connections.connection.close();
  }
}

function clientOptions({ client = {}, workflowDefaults }: TemporalEngineConfig): ClientOptions {
  if (workflowDefaults === undefined) return client;
  const ours = defaultTimeouts(workflowDefaults);
  const theirs = client.interceptors?.workflow ?? [];
  const workflow = Array.isArray(theirs) ? [...theirs, ours] : { calls: [...(theirs.calls ?? []), () => ours] };
  return { ...client, interceptors: { ...client.interceptors, workflow } };
}

function workerDefaults(workers: TemporalWorkersConfig, hasTuner: boolean): Partial<WorkerOptions> {
  const slots: Partial<WorkerOptions> = {
    ...optional('maxConcurrentWorkflowTaskExecutions', workers.maxConcurrentWorkflows),
    ...optional('maxConcurrentActivityTaskExecutions', workers.maxConcurrentActivities),
  };
  return {
    // A tuner decides about slots by itself; the official worker refuses both.
    ...(hasTuner ? {} : slots),
    ...optional('taskQueue', workers.taskQueue),
    ...optional('maxCachedWorkflows', workers.maxCachedWorkflows),
    ...optional('shutdownGraceTime', workers.gracefulShutdownTimeout),
  };
}

function optional<Key extends keyof WorkerOptions>(
  key: Key,
  value: WorkerOptions[Key] | undefined,
): Partial<WorkerOptions> {
  return value === undefined ? {} : { [key]: value };
}

/** Logs errors only, unless the application has set up logging by itself. */
function quieten(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}

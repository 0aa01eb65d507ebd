import type { Client } from '@temporalio/client';
import type { ActivityOptions } from '@temporalio/common';
import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';

/**
 * A place where workflows run: a Temporal cluster, this process, Redis. The official client and worker are the interface of all of them;
 * what stands above an engine is written once, on `client`.
 */
export interface Engine {
  /** `'temporal'`, `'embedded'`, `'bullmq'`, or what a custom engine calls itself. */
  readonly name: string;

  /** The official client, connected to this engine and its namespace. */
  readonly client: Client;

  /** May be given to the official `Worker.create({ connection })`; with engines of ours that needs `import 'perdure/register'`. */
  readonly nativeConnection: NativeConnectionLike;

  /**
   * Makes a worker of this engine from the official options. `connection` and `namespace` default to the engine's own.
   * @throws what the official `Worker.create` throws for wrong options.
   */
  createWorker(options: WorkerOptions): Promise<PerdureWorker>;

  /**
   * What this engine is and can do.
   * @throws EngineUnavailableError when it cannot be reached.
   */
  info(): Promise<EngineInfo>;

  /** Where runs are started and workers look when nothing else is said: the task queue of its configuration. Missing where that names none. */
  readonly taskQueue?: string | undefined;

  /**
   * Times and retries of activities, as its configuration says them: those of agents' tools and model calls that say nothing themselves. Missing, or
   * without members, where it says nothing.
   */
  readonly activityDefaults?: Pick<ActivityOptions, 'startToCloseTimeout' | 'retry'> | undefined;

  /** The file by which several processes share this engine, absolute. Missing where there is none. */
  readonly database?: string | undefined;

  /** Messages between all processes of this engine. Missing where there are none. */
  readonly broadcasts?: Broadcasts | undefined;

  /**
   * A secret that every process of this engine has and nobody else, by which completion tokens are signed. Missing on engines that have no place for
   * one: there, all processes have to be given the same.
   * @throws what the engine's storage throws.
   */
  secret?(): string;

  /**
   * Looks at all unfinished runs of the namespace now, and helps on those that should move and do not. Missing on engines where no run can be left
   * behind: there, whoever owns the storage takes up all of them.
   * @throws what the engine's storage throws.
   */
  reconcile?(options?: ReconcileOptions): Promise<ReconcileResult>;

  /** How the engine is. Never throws: an engine that cannot be reached is `unhealthy`, with the reason. */
  health(): Promise<EngineHealth>;

  /**
   * Lets go of connections, files and timers; runs stay as they are. A process with nothing else to do ends by itself. May be called twice.
   * @throws IllegalStateError while workers of this engine run: shut them down first.
   */
  close(): Promise<void>;
}

/** What counts as left behind. */
export interface ReconcileOptions {
  /** How long a run must have been due before it counts as stalled: since its deadline, or else since it changed last. Seconds, default 5. */
  readonly stalledThresholdSeconds?: number;
}

/** What a look at all unfinished runs has found. */
export interface ReconcileResult {
  /** Unfinished runs that were looked at. */
  readonly scannedKeys: number;
  /** Those that should have moved and did not. */
  readonly stalledRuns: number;
  /** Those of them that were helped on. */
  readonly reconciledRuns: number;
  /** Those of them that could not be; they stay as they are, and the next look tries again. */
  readonly failedRuns: number;
}

/** Messages between processes, for what is only worth something at once: they may get lost, and nobody waits for them. */
export interface Broadcasts {
  /** Tells whoever listens to the topic, in this process too. Never waits, never throws. */
  publish(topic: string, text: string): void;
  /** Hears what is said from about now on. @returns how to stop. */
  subscribe(topic: string, listener: (text: string) => void): () => void;
}

/** The connection that a worker uses: the official one, or one of ours in its shape. */
export type NativeConnectionLike = NativeConnection;

/** What every engine's worker can do. On all engines of this package it is an instance of the official `Worker`. */
export type PerdureWorker = Pick<Worker, 'run' | 'runUntil' | 'shutdown' | 'getState' | 'getStatus' | 'options'>;

/** What an engine is and can do. */
export interface EngineInfo {
  /** The engine's name, as in `Engine.name`. */
  readonly name: string;
  /** Version of the server, or of this package where there is none. */
  readonly version: string;
  /** Names of what it supports beyond plain workflows and activities, e.g. `schedules`. */
  readonly features: readonly string[];
  /** Hard limits by name; sizes in bytes, durations in milliseconds, lengths in characters. */
  readonly limits: Readonly<Record<string, number>>;
}

/** How an engine is at the moment. */
export interface EngineHealth {
  /** `degraded`: it answers, but not everything works; `error` says what. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** As in `EngineInfo`; empty when unknown. */
  readonly version: string;
  /** Milliseconds since this engine object was made. */
  readonly uptime: number;
  /** Open runs of the namespace. */
  readonly activeRuns: number;
  /** Tasks of the namespace that wait for a worker; `undefined` when the engine cannot count them. */
  readonly queuedRuns: number | undefined;
  /** As `features` in `EngineInfo`; empty when unknown. */
  readonly capabilities: readonly string[];
  /** What is wrong, when something is. */
  readonly error: string | undefined;
}

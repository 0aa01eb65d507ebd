import type { Client, ClientOptions } from '@temporalio/client';
import type { Worker, WorkerOptions } from '@temporalio/worker';

/** The part of a worker that scenarios use. */
export type ConformanceWorker = Pick<Worker, 'run' | 'runUntil' | 'shutdown' | 'getState'>;

/** One implementation of Temporal's semantics, as the suite sees it. */
export interface ConformanceTarget {
  /** Name in reports and in `differences`, for example `temporal` or `sqlite, cache 0`. */
  readonly name: string;
  /** True for the real Temporal server only: golden histories may be recorded from it. */
  readonly reference: boolean;
  /** False when workers keep no workflow in memory between tasks. No task is then sticky, and golden histories are read accordingly. */
  readonly cached: boolean;
  /** The namespace in which everything runs. */
  readonly namespace: string;
  /** An official client of the namespace. The suite makes clients of its own from its connection. */
  readonly client: Client;
  /** The connection of the workers, for what a client can only do when it shares theirs. Default: the client's own. */
  readonly workerConnection?: ClientOptions['connection'];
  /** Creates a worker that is not yet running. Options are those of the official worker, without a connection. */
  createWorker(options: WorkerOptions): Promise<ConformanceWorker>;
  /** Waits. Default: real time. For targets whose time is virtual. Milliseconds. */
  sleep?(ms: number): Promise<void>;
}

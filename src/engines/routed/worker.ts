import { IllegalStateError } from '@temporalio/common';
import type { WorkerOptions, WorkerStatus } from '@temporalio/worker';
import type { PerdureWorker } from '../../engine/index.ts';
import type { Part } from './part.ts';

type State = ReturnType<PerdureWorker['getState']>;

/** How far a worker has come; what has failed has ended. */
const ORDER: readonly State[] = ['INITIALIZED', 'RUNNING', 'STOPPING', 'DRAINING', 'DRAINED', 'STOPPED', 'FAILED'];

/** One worker on each engine, all of them or none. */
export class RoutedWorker implements PerdureWorker {
  readonly #workers: readonly PerdureWorker[];

  private constructor(workers: readonly PerdureWorker[]) {
    this.#workers = workers;
  }

  /** Makes a worker on each engine. @throws what the first one throws that cannot be made; those that were made are let go. */
  static async create(parts: readonly Part[], options: WorkerOptions): Promise<RoutedWorker> {
    const made = await Promise.allSettled(parts.map(async ({ engine }) => await engine.createWorker(options)));
    const workers = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = made.find((each) => each.status === 'rejected');
    if (failed === undefined) return new RoutedWorker(workers);
    // Only a worker that has run lets go of its threads.
    await Promise.all(workers.map(async (worker) => await worker.runUntil(Promise.resolve())));
    throw failed.reason;
  }

  /** Those of the first engine's worker. */
  get options(): PerdureWorker['options'] {
    return this.#first.options;
  }

  /** Works until all have stopped; when one fails, the others are stopped. */
  async run(): Promise<void> {
    this.#requireNew();
    const runs = this.#workers.map(async (worker) => {
      try {
        await worker.run();
      } finally {
        // One alone would look alive, and leave the runs of the other engines to nobody.
        this.#stopAll();
      }
    });
    const ended = await Promise.allSettled(runs);
    const failed = ended.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** As the official `runUntil`, on all engines. */
  async runUntil<Result>(until: Promise<Result> | (() => Promise<Result>)): Promise<Result> {
    const running = this.run();
    const work = typeof until === 'function' ? until() : until;
    const ended = running.then(() => {
      throw new IllegalStateError('The worker has stopped before what it ran for was done');
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      this.#stopAll();
      ended.catch(() => {});
      await running;
    }
  }

  /** Stops all. @throws IllegalStateError when they do not run. */
  shutdown(): void {
    if (this.getState() !== 'RUNNING') throw new IllegalStateError(`Not running. Current state: ${this.getState()}`);
    this.#stopAll();
  }

  /** The state of the one that has come least far. */
  getState(): State {
    const states = this.#workers.map((worker) => worker.getState());
    return states.every((state) => state === 'STOPPED' || state === 'FAILED') && states.includes('FAILED')
      ? 'FAILED'
      : states.reduce((a, b) => (ORDER.indexOf(b) < ORDER.indexOf(a) ? b : a));
  }

  /** Numbers are those of all together; pollers are as that is of which the state is told. */
  getStatus(): WorkerStatus {
    const all = this.#workers.map((worker) => worker.getStatus());
    const runState = this.getState();
    const shown = all.find((status) => status.runState === runState) ?? this.#first.getStatus();
    const sums = Object.entries(shown).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'number' ? all.reduce((sum, status) => sum + Number(Reflect.get(status, key)), 0) : value,
    ]);
    return { ...shown, ...(Object.fromEntries(sums) as Partial<WorkerStatus>), runState };
  }

  get #first(): PerdureWorker {
    return this.#workers[0] as PerdureWorker;
  }

  #requireNew(): void {
    const state = this.getState();
    if (state !== 'INITIALIZED') throw new IllegalStateError(`Poller was already started. Current state: ${state}`);
  }

  #stopAll(): void {
    for (const worker of this.#workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  }
}

import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { isBusy } from './sqlite-errors.ts';

/** What a group commit has to do with beside the database. */
export interface GroupHooks<Changes> {
  /** Makes the changes of a transaction that begins after one with others, or after none. */
  readonly begin: (before: Changes | undefined) => Changes;
  /** Waits until everything that is written is safe on disk, however long that takes; the event loop goes on meanwhile. */
  readonly sync: () => Promise<void>;
  /** The changes are safe on disk. */
  readonly committed: (changes: Changes) => void;
  /** What is on disk is not known any more, as `sync` has failed: nothing can be written until the file is opened anew. */
  readonly failed: (error: unknown) => void;
}

interface Job<Changes> {
  readonly work: (changes: Changes) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What is committed, and who waits for the disk to have it. */
interface Written<Changes> {
  /** `undefined` while nothing is. */
  changes: Changes | undefined;
  readonly waiting: { readonly job: Job<Changes>; readonly result: unknown }[];
}

/** Writes in one transaction: more would keep the event loop for too long. */
const MOST_JOBS = 64;
/** How long a file that another program writes is waited for, in milliseconds: in all, and each time. */
const BUSY_MS = { most: 200, step: 10 };

/**
 * Writes in transactions of many, as the cost of a transaction is the wait for the disk: whatever is submitted while the disk is waited for makes
 * the next one. Nobody hears of success before the disk has it. When one of them fails, each is tried again by itself.
 */
export class GroupCommit<Changes> {
  readonly #database: DatabaseSync;
  readonly #hooks: GroupHooks<Changes>;
  #jobs: Job<Changes>[] = [];
  #running: Promise<void> | undefined;
  /** While something is committed of which the disk is not known to have it. */
  #syncing: Promise<void> | undefined;
  #pause: Promise<unknown> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(database: DatabaseSync, hooks: GroupHooks<Changes>) {
    this.#database = database;
    this.#hooks = hooks;
  }

  /**
   * Runs `work` inside of the next transaction; it may be run a second time, the first one without effect.
   * @returns what it returned, once that is committed and safe on disk.
   * @throws what it threw, or why the transaction failed: then nothing of it was written; or why the disk could not be waited for: then nobody knows.
   */
  submit<Result>(work: (changes: Changes) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure.error);
        return;
      }
      this.#jobs.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when whoever reads the database sees nothing that could still get lost. @throws why that is not known any more. */
  async settled(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Begins no transaction before `work` is over. */
  async pauseFor<Result>(work: () => Promise<Result>): Promise<Result> {
    const pause = work();
    this.#pause = pause;
    try {
      return await pause;
    } finally {
      this.#pause = undefined;
    }
  }

  /** Resolves when all that was submitted is over. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#jobs.length > 0) {
      // All that comes in this turn of the event loop goes together.
      await nextTurn();
      await this.#pause?.catch(() => undefined);
      await this.#writeSome(this.#jobs.splice(0, MOST_JOBS));
    }
    this.#running = undefined;
  }

  async #writeSome(jobs: readonly Job<Changes>[]): Promise<void> {
    const written: Written<Changes> = { changes: undefined, waiting: [] };
    const failure = await this.#attempt(jobs, written);
    for (const job of failure === undefined ? [] : jobs) {
      const own = jobs.length === 1 ? failure : await this.#attempt([job], written);
      if (own !== undefined) job.reject(own.error);
    }
    const { changes, waiting } = written;
    if (changes === undefined) return;
    this.#syncing = this.#finish(changes, waiting);
    await this.#syncing;
    this.#syncing = undefined;
  }

  async #attempt(
    jobs: readonly Job<Changes>[],
    written: Written<Changes>,
  ): Promise<{ readonly error: unknown } | undefined> {
    for (let waited = 0; ; waited += BUSY_MS.step) {
      const changes = this.#hooks.begin(written.changes);
      try {
        this.#database.exec('BEGIN IMMEDIATE');
        const results = jobs.map(({ work }) => work(changes));
        this.#database.exec('COMMIT');
        written.changes = changes;
        for (const [index, job] of jobs.entries()) written.waiting.push({ job, result: results[index] });
        return undefined;
      } catch (error) {
        this.#rollback();
        if (!isBusy(error) || waited >= BUSY_MS.most) return { error };
      }
      await delay(BUSY_MS.step);
    }
  }

  /** Waits for the disk, then tells everybody. */
  async #finish(changes: Changes, waiting: Written<Changes>['waiting']): Promise<void> {
    try {
      await this.#hooks.sync();
    } catch (error) {
      this.#failure = { error };
      for (const { job } of waiting) job.reject(error);
      for (const job of this.#jobs.splice(0)) job.reject(error);
      this.#hooks.failed(error);
      return;
    }
    this.#hooks.committed(changes);
    for (const { job, result } of waiting) job.resolve(result);
  }

  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // Some failures have ended the transaction already.
    }
  }
}

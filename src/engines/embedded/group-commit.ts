import type { DatabaseSync } from 'node:sqlite';

/** What to do with the changes that a transaction makes beside the database. */
export interface ChangeHooks<Changes> {
  /** Makes the empty changes of a transaction that begins. */
  readonly begin: () => Changes;
  /** The transaction is safe on disk. */
  readonly committed: (changes: Changes) => void;
}

interface Job<Changes> {
  readonly work: (changes: Changes) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts all writes that are submitted in one turn of the event loop into one transaction, as the cost of a transaction is the wait for
 * the disk. Nobody hears of success before the transaction is committed. When one of them fails, each is tried again by itself.
 */
export class GroupCommit<Changes> {
  readonly #database: DatabaseSync;
  readonly #hooks: ChangeHooks<Changes>;
  #jobs: Job<Changes>[] = [];

  constructor(database: DatabaseSync, hooks: ChangeHooks<Changes>) {
    this.#database = database;
    this.#hooks = hooks;
  }

  /**
   * Runs `work` inside of the next transaction; it may be run a second time, the first one without effect.
   * @returns what it returned, once that is committed.
   * @throws what it threw, or why the transaction failed; nothing of it was written.
   */
  submit<Result>(work: (changes: Changes) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.length === 0) setImmediate(() => this.flush());
      this.#jobs.push({ work, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** Commits what was submitted, now. */
  flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    if (jobs.length === 0) return;
    const failure = this.#attempt(jobs);
    if (failure === undefined) return;
    for (const job of jobs) {
      const own = jobs.length === 1 ? failure : this.#attempt([job]);
      if (own !== undefined) job.reject(own.error);
    }
  }

  #attempt(jobs: readonly Job<Changes>[]): { readonly error: unknown } | undefined {
    const changes = this.#hooks.begin();
    let results: unknown[];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      results = jobs.map(({ work }) => work(changes));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      return { error };
    }
    this.#hooks.committed(changes);
    for (const [index, { resolve }] of jobs.entries()) resolve(results[index]);
    return undefined;
  }

  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // Some failures have ended the transaction already.
    }
  }
}

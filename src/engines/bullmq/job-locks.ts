/** How the locks of jobs are prolonged. */
export interface JobLocksOptions {
  /** How long a lock is there without being prolonged, in milliseconds. */
  readonly duration: number;
  /** Prolongs the locks of jobs, by their ids and tokens. @returns ids of those that are not held by these tokens any more. */
  readonly prolong: (jobIds: string[], tokens: string[]) => Promise<string[]>;
  /** Told once of jobs whose lock is gone: others may have them. */
  readonly onLost: (jobIds: readonly string[]) => void;
  readonly onError: (error: unknown) => void;
}

interface Held {
  readonly token: string;
}

/**
 * The locks of the jobs that a worker of this process has. BullMQ's own worker knows them by the ids of the jobs alone: when a job stalls and comes back to
 * the process that had it, the end of what was there before ends the prolonging of the new lock, too, and the job stalls for ever.
 */
export class JobLocks {
  readonly #options: JobLocksOptions;
  /** By the id of the job: of the latest time that it came here. */
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: JobLocksOptions) {
    this.#options = options;
  }

  /** The job is here. Its lock is prolonged until the returned function is called, it is lost, or the same job comes once more. */
  hold(jobId: string, token: string): () => void {
    const held: Held = { token };
    this.#held.set(jobId, held);
    this.#plan();
    return () => void this.#release(jobId, held);
  }

  /** Prolongs nothing any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  #plan(): void {
    if (this.#isClosed || this.#held.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#prolong(), this.#options.duration / 3);
  }

  async #prolong(): Promise<void> {
    const { prolong, onLost, onError } = this.#options;
    const held = [...this.#held];
    try {
      const ids = held.map(([jobId]) => jobId);
      const tokens = held.map(([, { token }]) => token);
      const failed = new Set(ids.length === 0 ? [] : await prolong(ids, tokens));
      // Some may have come anew since this was asked.
      const lost = held.filter(([jobId, each]) => failed.has(jobId) && this.#release(jobId, each));
      if (lost.length > 0) onLost(lost.map(([jobId]) => jobId));
    } catch (error) {
      onError(error);
    }
    this.#timer = undefined;
    this.#plan();
  }

  /** @returns whether it was still here. */
  #release(jobId: string, held: Held): boolean {
    return this.#held.get(jobId) === held && this.#held.delete(jobId);
  }
}

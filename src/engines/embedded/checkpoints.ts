import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the thread says after a checkpoint: whether all of the log is copied, or why that failed. */
export type CheckpointAnswer = { readonly isWhole: boolean } | { readonly error: string };

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-thread.ts' : './checkpoint-thread.js',
  import.meta.url,
);

/** Bytes of changes after which the log is copied; with whole pages the log is several times as long. */
const CHANGED_BYTES = 2 * 1024 * 1024;
/** What a changed run costs the log beside its changes: pages are written whole. */
const RUN_BYTES = 8 * 1024;

/** How checkpoints are made. */
export interface CheckpointsOptions {
  /** The database file. */
  readonly path: string;
  /** Makes sure that nothing is written while the work is done. */
  readonly pauseFor: (work: () => Promise<unknown>) => Promise<unknown>;
  /** There is no thread, so that somebody else has to see to it from now on. */
  readonly unavailable: () => void;
}

/**
 * Copies the log into the database, in a thread, as SQLite would by itself at the end of a commit, for which the event loop would have to wait. The log is copied while
 * commits go on, and then its rest while they wait, so that it begins anew instead of growing. The thread is started when it is first needed.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #thread: Worker | undefined;
  #bytes = 0;
  #running: Promise<void> | undefined;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** So much was committed. */
  wrote(runs: number, bytes: number): void {
    this.#bytes += runs * RUN_BYTES + bytes;
    if (this.#bytes < CHANGED_BYTES || this.#running !== undefined) return;
    this.#running = this.#checkpoint().finally(() => {
      this.#running = undefined;
    });
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#running;
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    thread.ref();
    const gone = once(thread, 'exit');
    thread.postMessage('close');
    await gone;
  }

  async #checkpoint(): Promise<void> {
    this.#bytes = 0;
    // One that could not be made (there may be no room, or another program reads) is made with the next one.
    const answer = await this.#ask();
    const hasRest = 'error' in answer ? false : !answer.isWhole || this.#bytes > 0;
    if (hasRest) await this.#options.pauseFor(() => this.#ask());
  }

  async #ask(): Promise<CheckpointAnswer> {
    try {
      const thread = (this.#thread ??= new Worker(ENTRY, {
        workerData: this.#options.path,
        name: 'perdure-checkpoints',
      }));
      thread.ref();
      const answer = once(thread, 'message') as Promise<[CheckpointAnswer]>;
      thread.postMessage('checkpoint');
      const [said] = await answer;
      // It keeps the process alive only while there is something to do.
      thread.unref();
      return said;
    } catch (error) {
      this.#thread = undefined;
      this.#options.unavailable();
      return { error: String(error) };
    }
  }
}

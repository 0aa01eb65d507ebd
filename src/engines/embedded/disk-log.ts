import { closeSync, fdatasync, openSync } from 'node:fs';
import { StoreError } from '../../core/store.ts';

/**
 * SQLite's write-ahead log, waited for by threads of Node instead of by SQLite, which would keep the event loop for as long as the disk takes.
 *
 * With `synchronous = NORMAL` a commit appends to the log as with `FULL`, but for the `fsync` of the log at its end. That one is done here, after the commit
 * and before anybody hears of it. All others SQLite does itself in both modes: of the log before its pages are copied, of the database before the log is
 * used anew, of the head of a log that begins anew. A file is synchronized whole, whoever has written to it.
 */
export class DiskLog {
  readonly #path: string;
  readonly #file: number;

  /** @param path of the database; SQLite has it open, in WAL mode, so that the log is there and stays. */
  constructor(path: string) {
    this.#path = path;
    // Windows flushes only files that may be written.
    this.#file = openSync(`${path}-wal`, 'r+');
  }

  /**
   * Resolves when all that was written to the log before is on disk.
   * @throws StoreError `unavailable` when the disk cannot say so. Asking again is of no use: what could not be written may have been dropped.
   */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#file, (error) => {
        if (error === null) resolve();
        else reject(this.#lost(error));
      });
    });
  }

  /** Lets go of the log. */
  close(): void {
    closeSync(this.#file);
  }

  #lost(error: Error): StoreError {
    return new StoreError(
      'unavailable',
      `The disk did not keep what was written to ${this.#path} (${error.message}). Whether the last changes are there, is known when it is opened again.`,
      { cause: error },
    );
  }
}

import { join } from 'node:path';
import { StoreError } from '../../core/store.ts';
import { fileIdentity } from './file-identity.ts';
import type { Ownership } from './owner.ts';

/** How often is looked while nobody writes, in milliseconds. */
const LOOK_MS = 1000;

/** What a name stood for when it was first looked at. */
interface Known {
  readonly path: string;
  readonly id: string | undefined;
}

/**
 * Notices that files are deleted, moved or replaced under the process that has them open. Nothing fails by itself then: what is written goes into files without a
 * name, and is lost when the process ends.
 */
export class FileGuard {
  readonly #path: string;
  readonly #database: Known;
  readonly #others: readonly Known[];

  /** Remembers the files of a database that is open. */
  constructor({ path, directory }: Pick<Ownership, 'path' | 'directory'>) {
    this.#path = path;
    this.#database = known(path);
    this.#others = [known(`${path}-wal`), known(join(directory, 'lock'))];
  }

  /**
   * Looks whether everything is where it was.
   * @throws StoreError `gone` when the database is not; `unavailable` when only its log or its lock is, so that it has to be opened anew.
   */
  check(): void {
    if (isSame(this.#database)) {
      const missing = this.#others.find((each) => !isSame(each));
      if (missing === undefined) return;
      throw new StoreError(
        'unavailable',
        `${missing.path} was deleted, moved or replaced while ${this.#path} was open, which is opened anew. Whether the last changes are there, is known then.`,
      );
    }
    throw new StoreError(
      'gone',
      `${this.#path} was deleted, moved or replaced while this process had it open. Nothing is read or written any more; what was stored is where the file ` +
        'is now. Stop all processes that use it; put the file back, with its -wal, or take away what is left of both; then start them again.',
    );
  }

  /** Looks every second. @param failed told once, by what `check` throws. @returns ends it. */
  watch(failed: (error: unknown) => void): () => void {
    const timer = setInterval(() => {
      try {
        this.check();
      } catch (error) {
        clearInterval(timer);
        failed(error);
      }
    }, LOOK_MS);
    timer.unref();
    return () => clearInterval(timer);
  }
}

function known(path: string): Known {
  return { path, id: fileIdentity(path) };
}

function isSame({ path, id }: Known): boolean {
  return fileIdentity(path) === id;
}

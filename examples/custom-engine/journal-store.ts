import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type Commit, decodeCommit, encodeCommit, MemoryStore, type RunKey, StoreError } from 'perdure/store';

/**
 * A store of one's own: everything in memory, and each change as a line of a file that is read when the store is opened again. `MemoryStore` keeps the rules of
 * lists and revisions; this adds what survives. For one process, and for as much as fits into its memory; the file only grows.
 */
export class JournalStore extends MemoryStore {
  readonly #file: string;
  readonly #handle: number;
  #failure: StoreError | undefined;

  private constructor(file: string) {
    super();
    this.#file = file;
    lock(file);
    this.#handle = openSync(file, 'a+', 0o600);
  }

  /** Opens the file, or makes it. @throws StoreError when another process has it, or it is damaged. */
  static async open(file: string): Promise<JournalStore> {
    const store = new JournalStore(file);
    try {
      await store.#replay();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  override async commit(commit: Commit): Promise<'committed' | 'conflict'> {
    this.#assertWritable();
    const outcome = await super.commit(commit);
    if (outcome === 'committed') this.#write(`c${encodeCommit(commit)}`);
    return outcome;
  }

  override async delete(key: RunKey): Promise<void> {
    this.#assertWritable();
    await super.delete(key);
    this.#write(`d${JSON.stringify(key)}`);
  }

  override async close(): Promise<void> {
    this.#failure ??= new StoreError('closed', 'The store is closed.');
    await super.close();
    if (!isOpen.delete(this.#handle)) return;
    closeSync(this.#handle);
    rmSync(`${this.#file}.lock`, { force: true });
  }

  async #replay(): Promise<void> {
    isOpen.add(this.#handle);
    const text = readFileSync(this.#file, 'utf8');
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(0, end).split('\n').slice(0, -1)) {
      if (line.startsWith('d')) await super.delete(JSON.parse(line.slice(1)) as RunKey);
      else await super.commit(decodeCommit(line.slice(1)));
    }
    // A line that is not whole was being written when the process died: nobody was told that it is stored.
    if (end < text.length) ftruncateSync(this.#handle, Buffer.byteLength(text.slice(0, end)));
  }

  /** Returns once it is on the disk. Commits come here in the order in which memory took them, so that none is there without those before it. */
  #write(line: string): void {
    try {
      writeSync(this.#handle, `${line}\n`);
      fdatasyncSync(this.#handle);
    } catch (cause) {
      // Memory knows more than the file now, so nothing may be built on it.
      const message = `${this.#file} cannot be written. Make room, and open the engine again.`;
      this.#failure = new StoreError('unavailable', message, { cause });
      throw this.#failure;
    }
  }

  #assertWritable(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** Files that have not been closed: closing a number twice would close somebody else's file. */
const isOpen = new Set<number>();

/** Two processes that append to one file would ruin it. */
function lock(file: string): void {
  const path = `${file}.lock`;
  try {
    writeFileSync(path, `${process.pid}`, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    if (isAlive(Number(readFileSync(path, 'utf8'))))
      throw new StoreError('locked', `Another process uses ${file}. Stop it, or take another file.`, { cause });
    // It was killed and could not take its lock away.
    writeFileSync(path, `${process.pid}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A bundle that was made before: good as long as every file that went into it is the same. */
interface Manifest {
  /** Name of the file with the code. */
  readonly code: string;
  /** Hashes by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Bundles by what was asked for, in files. Whatever goes wrong with the files, the worst is that a bundle is made again. */
export class BundleCache {
  readonly #directory: string | undefined;
  readonly #key: string;

  /**
   * @param near where the nearest `node_modules` is looked for; without one, nothing is kept.
   * @param asked all that the bundle depends on, besides files.
   */
  constructor(near: string, asked: unknown) {
    const modules = nearestModules(near);
    this.#directory = modules && join(modules, '.cache', 'perdure');
    this.#key = hashOf(JSON.stringify(asked)).slice(0, 16);
  }

  /** The code, if it is known and still that of the same files. */
  async read(): Promise<string | undefined> {
    if (this.#directory === undefined) return undefined;
    try {
      const manifest = JSON.parse(await readFile(this.#path(`${this.#key}.json`), 'utf8')) as Manifest;
      const [code, ...changed] = await Promise.all([
        readFile(this.#path(manifest.code), 'utf8'),
        ...Object.entries(manifest.files).map(async ([path, hash]) => hashOf(await readFile(path)) !== hash),
      ]);
      return changed.includes(true) ? undefined : code;
    } catch {
      return undefined;
    }
  }

  /** Keeps code that was made of these files. */
  async write(code: string, paths: readonly string[]): Promise<void> {
    if (this.#directory === undefined) return;
    try {
      const hashes = paths.map(async (path) => [path, hashOf(await readFile(path))] as const);
      const files = Object.fromEntries(await Promise.all(hashes));
      const manifest: Manifest = { code: `${this.#key}-${hashOf(code).slice(0, 16)}.js`, files };
      await mkdir(this.#directory, { recursive: true });
      // The code first: a manifest must never name what is not there.
      await this.#replace(manifest.code, code);
      await this.#replace(`${this.#key}.json`, JSON.stringify(manifest));
      await this.#removeOthers(manifest.code);
    } catch {
      // A folder that cannot be written: it is made again the next time.
    }
  }

  #path(name: string): string {
    return join(this.#directory ?? '', name);
  }

  /** Whole or not at all, also for whoever reads at this moment. */
  async #replace(name: string, text: string): Promise<void> {
    const draft = this.#path(`${name}.${process.pid}.${randomBytes(4).toString('hex')}`);
    try {
      await writeFile(draft, text);
      await rename(draft, this.#path(name));
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #removeOthers(current: string): Promise<void> {
    for (const name of await readdir(this.#directory ?? '')) {
      if (name.startsWith(`${this.#key}-`) && name.endsWith('.js') && name !== current) await rm(this.#path(name));
    }
  }
}

function nearestModules(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) return modules;
    if (dirname(folder) === folder) return undefined;
  }
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

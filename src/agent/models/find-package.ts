import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The URL of an ES module package's main file, as an application in `folder` would get it. (`require.resolve` cannot: those packages have no
 * `require` condition; `import.meta.resolve` takes no other parent.)
 * @returns `undefined` when the package is not installed there.
 */
export async function findPackage(name: string, folder: string): Promise<string | undefined> {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const directory = join(current, 'node_modules', name);
    const manifest = await readManifest(join(directory, 'package.json'));
    if (manifest) {
      // The real path, as Node has it: otherwise a linked package is loaded twice.
      return pathToFileURL(await realpath(join(directory, mainOf(manifest)))).href;
    }
    if (dirname(current) === current) return undefined;
  }
}

interface Manifest {
  readonly exports?: unknown;
  readonly module?: unknown;
  readonly main?: unknown;
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  if (!(await stat(path).catch(() => undefined))) return undefined;
  return JSON.parse(await readFile(path, 'utf8')) as Manifest;
}

function mainOf({ exports, module, main }: Manifest): string {
  const target = exported(isRecord(exports) && '.' in exports ? exports['.'] : exports);
  if (target !== undefined) return target;
  if (typeof module === 'string') return module;
  return typeof main === 'string' ? main : 'index.js';
}

const conditions = new Set(['node', 'import', 'module-sync', 'default']);

/** The first target whose condition holds, as Node picks it. */
function exported(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return exported(target[0]);
  if (!isRecord(target)) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const found = conditions.has(condition) ? exported(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { type Dirent, type FSWatcher, type Stats, statSync, readdirSync, watch } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Of packages, of what is built and of what programs write. Names that begin with a dot are left out, too. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'build', 'coverage']);
const SOURCE = /(\.[cm]?[jt]sx?|^package\.json|^\.env[.\w-]*)$/;
/** Editors and git write several files at once, and some in several steps. Milliseconds. */
const QUIET_MS = 100;

/** Something that is watched. */
export interface FolderWatch extends Disposable {
  /** Folders that are watched. */
  readonly size: number;
}

/**
 * Watches the source files of a folder and of those in it: code, `package.json` and `.env`. Node's own recursive watching would also look into all
 * packages.
 * @param onChange told the files that have changed, relative to the folder, once nothing has changed for a moment.
 */
export function watchFolder(folder: string, onChange: (files: readonly string[]) => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const add = (path: string, isSource: boolean): void => {
    if (!isSource) return;
    changed.add(relative(folder, path));
    clearTimeout(timer);
    timer = setTimeout(() => {
      const files = [...changed].toSorted();
      changed.clear();
      onChange(files);
    }, QUIET_MS);
  };
  const leave = (path: string): void => {
    for (const [each, watcher] of watchers) {
      if (each !== path && !each.startsWith(`${path}${sep}`)) continue;
      watcher.close();
      watchers.delete(each);
    }
  };
  const look = (path: string, isNew: boolean): void => {
    if (watchers.has(path)) return;
    const watcher = watch(path, (_, name) => {
      if (name === null) return;
      const file = join(path, name);
      const stat = statOf(file);
      // Should it come back, it is another one.
      if (stat === undefined) leave(file);
      if (stat?.isDirectory() !== true) add(file, SOURCE.test(name));
      else if (isWatched(name)) look(file, true);
    });
    watcher.on('error', () => leave(path));
    watchers.set(path, watcher);
    for (const entry of entriesOf(path)) {
      const inside = join(path, entry.name);
      if (entry.isDirectory() && isWatched(entry.name)) look(inside, isNew);
      // What was in it before we looked has told nobody.
      else if (isNew && entry.isFile()) add(inside, SOURCE.test(entry.name));
    }
  };
  look(folder, false);
  return {
    get size() {
      return watchers.size;
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      leave(folder);
    },
  };
}

function isWatched(name: string): boolean {
  return !name.startsWith('.') && !LEFT_OUT.has(name);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function entriesOf(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

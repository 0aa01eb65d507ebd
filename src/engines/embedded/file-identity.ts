import { statSync } from 'node:fs';

/** What tells a file from every other one, whatever it is called: a file that is open keeps its own. `undefined`: there is none of this name. */
export function fileIdentity(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}/${stats.ino}`;
}

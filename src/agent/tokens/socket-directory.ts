import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigurationError } from '../../engine/index.ts';

/** The kernel takes 107 bytes on Linux, 103 on macOS. */
const maxPathBytes = 103;
/** Room for the names in it: `<pid>-<n>.sock`, and the name before that. */
const nameBytes = 32;

/**
 * The private directory with the sockets of those who publish tokens for one database: `<file>.tokens`, or one under the system's temporary
 * directory when that path is too long for sockets. All processes come to the same one.
 * @throws ConfigurationError when somebody else has it.
 */
export async function openSocketDirectory(databaseFile: string): Promise<string> {
  const folder = resolve(dirname(databaseFile));
  await mkdir(folder, { recursive: true });
  const beside = join(await realpath(folder), `${basename(databaseFile)}.tokens`);
  const directory = Buffer.byteLength(beside) + nameBytes <= maxPathBytes ? beside : elsewhere(beside);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stats = await lstat(directory);
  const isOurs = process.getuid === undefined || stats.uid === process.getuid();
  if (stats.isDirectory() && isOurs && (stats.mode & 0o077) === 0) return directory;
  throw new ConfigurationError('tokens', `${directory} is open to others, so tokens can't be sent there safely.`, {
    fix: 'Remove it; it is made again.',
  });
}

function elsewhere(path: string): string {
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(tmpdir(), `perdure-${process.getuid?.() ?? 0}-${hash}.tokens`);
}

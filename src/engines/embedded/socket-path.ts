import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StoreError } from '../../core/store.ts';
import { makePrivateDirectory } from './owner.ts';
import type { Ownership } from './owner.ts';

/** The kernel takes 107 bytes on Linux, 103 on macOS. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * A path for the socket of an owner: in the private directory beside the file, or, when that path is too long, in a private one under the
 * system's temporary directory. The name is a new one each time, so that nobody mistakes the socket of a dead owner for this one's.
 * Sockets of earlier owners are removed.
 * @throws StoreError when somebody else has the temporary directory.
 */
export function chooseSocketPath(ownership: Ownership): string {
  const name = `${randomBytes(6).toString('hex')}.sock`;
  removeSockets(ownership.directory);
  const beside = join(ownership.directory, name);
  if (Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES) return beside;
  const hash = createHash('sha256').update(ownership.path).digest('hex').slice(0, 16);
  const directory = join(tmpdir(), `perdure-${process.getuid?.() ?? 0}-${hash}`);
  makePrivateDirectory(directory);
  assertPrivate(directory);
  removeSockets(directory);
  return join(directory, name);
}

/** Removes what `chooseSocketPath` has made. The server has removed its socket. */
export function leaveSocketPath(ownership: Ownership, path: string): void {
  if (dirname(path) === ownership.directory) return;
  rmSync(dirname(path), { recursive: true, force: true });
}

function removeSockets(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.sock')) rmSync(join(directory, name), { force: true });
  }
}

/** Anybody may make a directory in the temporary one, also a trap under our name. */
function assertPrivate(directory: string): void {
  const stats = lstatSync(directory);
  const isOurs = process.getuid === undefined || stats.uid === process.getuid();
  if (stats.isDirectory() && isOurs && (stats.mode & 0o077) === 0) return;
  throw new StoreError('unavailable', `${directory} belongs to somebody else: the socket cannot be put there safely.`);
}

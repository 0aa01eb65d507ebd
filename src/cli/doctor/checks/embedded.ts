import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EmbeddedConfig } from '../../../engines/index.ts';
import { databaseOf } from '../../../engines/place.ts';
import { type Finding, fine, trouble } from '../finding.ts';

const AREA = 'embedded engine';
const MB = 1024 * 1024;
/** As Linux numbers them. Locks on them do not keep two machines apart. */
const NETWORK: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x01021997: '9P',
};
const SQLITE_BUSY = 5;

/** Whether the database file can be used, and where it is. Opens it for reading only: its runs are not taken up. */
export async function checkEmbedded(config: EmbeddedConfig): Promise<readonly Finding[]> {
  let path: string | undefined;
  try {
    path = await databaseOf(config);
  } catch (error) {
    return [trouble(AREA, error)];
  }
  if (path === undefined) return [fine(AREA, 'in memory: runs are gone with the process')];
  const folder = existing(path);
  return [checkFile(path, folder), ...checkDisk(folder)];
}

function checkFile(path: string, folder: string): Finding {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      return broken(`${path} is a directory.`, 'Name a file in it: PERDURE_DATABASE or --database.');
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (!existsSync(path)) return fine(AREA, `${path} will be made by the first process that needs it`);
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch {
    return broken(
      `${path} cannot be written by this user.`,
      'Give this user the file and its folder, or name another.',
    );
  }
  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() ?? {};
      if (verdict !== 'ok') return damaged(path, String(verdict));
    } finally {
      database.close();
    }
    return fine(AREA, `${path}, ${(statSync(path).size / MB).toFixed(1)} MB`);
  } catch (error) {
    // Its owner has it for itself.
    if (isBusy(error)) return fine(AREA, `${path} is in use by a process`);
    return damaged(path, error instanceof Error ? error.message : String(error));
  }
}

function checkDisk(folder: string): readonly Finding[] {
  const { type, bavail, bsize } = statfsSync(folder);
  const network = NETWORK[type];
  const free = Math.round((bavail * bsize) / MB);
  const space = `${free} MB free in ${folder}`;
  return [
    ...(network === undefined
      ? []
      : [
          {
            area: 'disk',
            condition: 'broken',
            says: `${folder} is on ${network}: SQLite's locks do not hold there.`,
            fix: 'Put the file on a local disk, or use bullmq or temporal.',
          } as const,
        ]),
    free < 50
      ? { area: 'disk', condition: 'broken', says: `${space}: too little.`, fix: 'Make room.' }
      : free < 500
        ? { area: 'disk', condition: 'warning', says: `${space}.`, fix: 'Make room soon.' }
        : fine('disk', space),
  ];
}

/** The nearest folder of a path that is there. */
function existing(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) || folder === dirname(folder) ? folder : existing(folder);
}

function damaged(path: string, reason: string): Finding {
  return broken(
    `${path} cannot be read: ${reason}.`,
    'Restore it from a copy, or name another file; keep this one until you know what is lost.',
  );
}

function broken(says: string, fix: string): Finding {
  return { area: AREA, condition: 'broken', says, fix };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

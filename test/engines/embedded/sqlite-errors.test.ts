import { describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/core/store.ts';
import { toStoreError } from '../../../src/engines/embedded/sqlite-errors.ts';
import { temporaryDirectory } from './support.ts';

describe('what SQLite and the file system say', () => {
  const sqlite: [number, string][] = [
    [3, 'read-only'],
    [5, 'locked'],
    [6, 'locked'],
    [8 | (1 << 8), 'read-only'],
    [10 | (4 << 8), 'unavailable'],
    [11, 'corrupt'],
    [13, 'full'],
    [14, 'unavailable'],
    [26, 'corrupt'],
    [99, 'unavailable'],
  ];
  test.each(sqlite)('result code %i becomes %s', (errcode, code) => {
    const error = Object.assign(new Error('from SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });
    const path = `${temporaryDirectory()}/perdure.db`;
    expect(toStoreError(error, path)).toMatchObject({ code, cause: error, message: expect.stringContaining(path) });
  });

  const system: [string, string][] = [
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['EROFS', 'read-only'],
    ['EACCES', 'read-only'],
    ['ENOTDIR', 'unavailable'],
  ];
  test.each(system)('%s becomes %s', (errno, code) => {
    const error = Object.assign(new Error('from the system'), { code: errno });
    expect(toStoreError(error, '/p')).toMatchObject({ code, cause: error, message: expect.stringContaining('/p') });
  });

  test('a record that cannot be read is damage', () => {
    expect(toStoreError(new SyntaxError('not JSON'), '/p')).toMatchObject({ code: 'corrupt' });
  });

  test('everything else stays what it is', () => {
    const errors = [new Error('a bug'), new StoreError('full', 'known'), 'no error', undefined];
    for (const error of errors) expect(toStoreError(error, '/p')).toBe(error);
  });
});

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../engines/embedded/support.ts';
import { run } from './support.ts';

it('perdure data reads and writes the data of a run', async () => {
  const at = ['--data-path', join(temporaryDirectory(), 'data')];
  expect(await run('data', 'list', 'r-1', ...at)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--data-path: there is no directory') as string,
  });
  const value = { max: 100, note: 'a\u001Bb' };
  expect(await run('data', 'write', 'r-1', 'limits/refund', JSON.stringify(value), '--by', 'me', ...at)).toMatchObject({
    code: 0,
    out: 'limits/refund is written.\n',
  });
  expect(await run('data', 'write', 'r-1', 'limits/refund', '1', ...at)).toMatchObject({ code: 1 });
  expect(JSON.parse((await run('data', 'read', 'r-1', 'limits/refund', ...at)).out)).toEqual(value);
  expect((await run('data', 'query', 'r-1', 'limits/*', ...at)).out).toMatch(/^limits\/refund {2}me {2,}\{"max":100,/m);
  expect((await run('data', 'list', 'r-1', '--prefix', 'limits/', ...at)).out).toMatch(/^limits\/refund +\d+ +me /m);
  expect(await run('data', 'read', 'r-1', 'nothing', '--json', ...at)).toMatchObject({
    code: 3,
    err: expect.stringContaining('"code":"DATA_NOT_FOUND"') as string,
  });
  // PGlite starts a PostgreSQL each time.
}, 240_000);

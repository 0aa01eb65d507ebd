import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { opener } from './support.ts';
import { entriesSuite } from './suite/entries.ts';
import { valuesSuite } from './suite/values.ts';

describe('on PGlite', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perdure-data-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const open: ReturnType<typeof opener> = (options) => opener({ path: join(folder, 'data') })(options);
  entriesSuite(open);
  valuesSuite(open);
});

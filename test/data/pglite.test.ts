import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openWorkflowData } from '../../src/data/index.ts';
import { ConfigurationError } from '../../src/engine/index.ts';
import { allPages, by, newRun, opener } from './support.ts';
import { entriesSuite } from './suite/entries.ts';
import { toolsSuite } from './suite/tools.ts';
import { valuesSuite } from './suite/values.ts';

describe('on PGlite', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perdure-data-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const path = (): string => join(folder, 'data');
  const open: ReturnType<typeof opener> = (options) => opener({ path: path() })(options);
  entriesSuite(open);
  valuesSuite(open);
  toolsSuite(open, () => ({ path: path() }));

  it('is shared by all parts of a process, until the last one closes it', async () => {
    const run = newRun();
    const [one, other] = await Promise.all([open(), open()]);
    await one.write(run, { key: 'k', value: 1 }, by);
    await one.close();
    expect((await other.read(run, 'k')).value).toBe(1);
    const closed = other.close();
    const again = await open();
    await closed;
    expect((await again.read(run, 'k')).value).toBe(1);
    await again.close();
  });

  it('of a directory is for one process; what it has written is there when it was killed', async () => {
    const run = newRun();
    const taken = join(folder, 'taken');
    const script = fileURLToPath(new URL('fixtures/writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, taken, run]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let written = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      written = Number(chunk.toString().trim().split('\n').at(-1));
    });
    await expect.poll(() => written, { timeout: 60_000 }).toBeGreaterThan(5);
    const error: unknown = await openWorkflowData({ path: taken }).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(`${taken} is in use by process ${child.pid}`);
    expect((error as ConfigurationError).fix).toContain('PERDURE_DATA_URL');
    child.kill('SIGKILL');
    await once(child, 'close');
    const data = await openWorkflowData({ path: taken });
    const pages = await allPages((cursor) => data.query(run, { pattern: 'k/*', ...cursor }));
    const values = new Set(pages.flat().map(({ value }) => value));
    expect(Array.from({ length: written }, (_, index) => index + 1).filter((each) => !values.has(each))).toEqual([]);
    await data.close();
  }, 120_000);
});

describe('in memory', () => {
  it('each is its own, and gone when it is closed', async () => {
    const [one, other] = await Promise.all([openWorkflowData({ memory: true }), openWorkflowData({ memory: true })]);
    await one.write('run', { key: 'k', value: 1 }, by);
    expect(await other.list('run')).toEqual({ entries: [] });
    await Promise.all([one.close(), other.close()]);
  }, 120_000);
});

it('a path that is no directory is refused, and nothing is left beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-data-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), 'mine');
  const error: unknown = await openWorkflowData({ path: join(folder, 'file') }).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ path: 'path' });
  expect(await readdir(folder)).toEqual(['file']);
});

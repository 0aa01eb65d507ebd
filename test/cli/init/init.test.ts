import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, describe, it } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

async function init(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(['init', ...args], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

describe('perdure init', () => {
  it('writes a project and says what comes next', async () => {
    const folder = join(temporaryDirectory(), 'My Shop');
    const { code, out } = await init(folder);
    expect(code).toBe(0);
    expect(out).toMatch(/npm install\n {2}npm test\n {2}npm run dev\n$/);
    expect(readdirSync(folder).toSorted()).toEqual(
      ['.env.example', '.gitignore', 'README.md', 'package.json', 'src', 'test', 'tsconfig.json'].toSorted(),
    );
    expect(JSON.parse(read(folder, 'package.json'))).toMatchObject({ name: 'my-shop', private: true, type: 'module' });
    expect(read(folder, 'README.md')).toMatch(/^# my-shop\n/);
  });

  it('pins every package to the version that it was tested with', async () => {
    const folder = join(temporaryDirectory(), 'shop');
    await init(folder, '--engine', 'bullmq');
    const { dependencies, devDependencies } = JSON.parse(read(folder, 'package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const own = JSON.parse(readFileSync('package.json', 'utf8')) as {
      version: string;
      peerDependencies: object;
      peerDependenciesMeta: object;
      devDependencies: Record<string, string>;
    };
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const needed = Object.keys(own.peerDependencies).filter((name) => !(name in own.peerDependenciesMeta));
    expect(Object.keys(dependencies)).toEqual(
      expect.arrayContaining([...needed, 'bullmq', 'ioredis', 'perdure', 'zod']),
    );
    expect(dependencies['@temporalio/worker']).toBe(own.devDependencies['@temporalio/worker']);
    expect(dependencies['perdure']).toBe(own.version);
  });

  it('leaves no gap open in any file', async () => {
    const folder = join(temporaryDirectory(), 'shop');
    const { out } = await init(folder, '--engine', 'temporal', '--model', 'google-vertex/gemini', '--json');
    const { files } = JSON.parse(out) as { files: string[] };
    expect(files).toContain('.env.example');
    for (const file of files) expect(read(folder, file)).not.toContain('{{');
    expect(read(folder, '.env.example')).toContain('PERDURE_ENGINE=temporal\n');
    expect(read(folder, '.env.example')).toContain('# PERDURE_MODEL=google-vertex/gemini\n');
    expect(read(folder, 'README.md')).toContain('npm install @ai-sdk/google-vertex\n');
  });

  it('names the key of a known provider', async () => {
    const folder = join(temporaryDirectory(), 'shop');
    await init(folder, '--model', 'anthropic/claude');
    expect(read(folder, '.env.example')).toContain('# ANTHROPIC_API_KEY=\n');
  });

  it('overwrites nothing', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const { code, err } = await init(folder);
    expect([code, err]).toEqual([2, expect.stringContaining('is not empty: it has notes.txt. Nothing was written.')]);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('takes a repository that has nothing yet', async () => {
    const folder = join(temporaryDirectory(), 'shop');
    mkdirSync(join(folder, '.git'), { recursive: true });
    expect(await init(folder)).toMatchObject({ code: 0 });
  });

  it.each([
    [['--model', 'gpt'], "--model: 'gpt' names no model."],
    [['--name', 'No Name'], "--name: 'No Name' is no name of a package."],
    [['--engine', 'redis'], 'Allowed choices are embedded, bullmq, temporal.'],
  ])('refuses %j and writes nothing', async (flags, message) => {
    const parent = temporaryDirectory();
    const { code, err } = await init(join(parent, 'shop'), ...flags);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('takes no file for a folder', async () => {
    const file = join(temporaryDirectory(), 'shop');
    writeFileSync(file, '');
    expect(await init(file)).toMatchObject({ code: 2, err: expect.stringContaining('is a file.') as string });
  });
});

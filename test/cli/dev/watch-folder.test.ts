import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchFolder } from '../../../src/cli/dev/watch-folder.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

function watched(prepare: (folder: string) => void = () => undefined) {
  const folder = temporaryDirectory();
  prepare(folder);
  const seen: string[] = [];
  const watch = watchFolder(folder, (files) => void seen.push(...files));
  onTestFinished(() => watch[Symbol.dispose]());
  const write = (file: string): void => writeFileSync(join(folder, file), `// ${file}`);
  return { folder, seen, watch, write };
}

describe('watching a folder', () => {
  it('tells of code and settings, and of nothing else', async () => {
    const { seen, write } = watched((folder) => {
      for (const name of ['src', 'node_modules', '.git', 'dist']) mkdirSync(join(folder, name));
    });
    for (const file of ['node_modules/a.ts', '.git/b.ts', 'dist/c.js', 'notes.txt', 'data.json', '.perdure.db'])
      write(file);
    for (const file of ['src/agents.ts', '.env', 'package.json']) write(file);
    await expect.poll(() => [...new Set(seen)].toSorted()).toEqual(['.env', 'package.json', 'src/agents.ts']);
  });

  it('looks into folders that come later, with what is in them', async () => {
    const { folder, seen, write } = watched();
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    write('a/b/first.ts');
    await expect.poll(() => seen).toContain('a/b/first.ts');
    write('a/b/second.ts');
    await expect.poll(() => seen).toContain('a/b/second.ts');
  });

  it('sees a file that an editor replaces, again and again', async () => {
    const { folder, seen, write } = watched((place) => writeFileSync(join(place, 'agents.ts'), ''));
    for (const round of [1, 2]) {
      write('agents.ts.tmp');
      renameSync(join(folder, 'agents.ts.tmp'), join(folder, 'agents.ts'));
      await expect.poll(() => seen.filter((file) => file === 'agents.ts').length).toBeGreaterThanOrEqual(round);
    }
  });

  it('lets go of folders that are gone, finds those that come back, and lets go of all in the end', async () => {
    const { folder, seen, watch, write } = watched((place) => mkdirSync(join(place, 'src')));
    expect(watch.size).toBe(2);
    rmSync(join(folder, 'src'), { recursive: true });
    await expect.poll(() => watch.size).toBe(1);
    mkdirSync(join(folder, 'src'));
    await expect.poll(() => watch.size).toBe(2);
    write('src/agents.ts');
    await expect.poll(() => seen).toContain('src/agents.ts');
    watch[Symbol.dispose]();
    expect(watch.size).toBe(0);
  });
});

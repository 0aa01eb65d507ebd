/**
 * Installs a packed tarball beside this repository's own dependencies and imports each of its entry points with plain Node:
 * finds what types cannot, such as a file that is not packed or a path that only exists in the sources.
 */
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './run.ts';

/** Links every installed package into `folder`, so that the package under test resolves its dependencies. */
async function linkDependencies(folder: string): Promise<void> {
  for (const name of await readdir(`${root}/node_modules`)) {
    if (!name.startsWith('.')) await symlink(`${root}/node_modules/${name}`, join(folder, name));
  }
}

const tarball = process.argv[2];
if (tarball === undefined) throw new Error('usage: import-package.ts <tarball>');
const folder = await mkdtemp(join(tmpdir(), 'perdure-package-'));
try {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'perdure'), { recursive: true });
  await linkDependencies(modules);
  const unpacked = await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'perdure')]);
  if (unpacked.code !== 0) throw new Error(unpacked.output);
  const manifest = JSON.parse(await readFile(join(modules, 'perdure/package.json'), 'utf8')) as { exports: object };
  // The one with assertions works within vitest only.
  const others = ['./package.json', './testing/vitest'];
  const names = Object.keys(manifest.exports).filter((name) => !others.includes(name));
  const imports = names.map((name) => `await import(${JSON.stringify(name.replace('.', 'perdure'))});`);
  const { code, output } = await run(
    'node',
    ['--preserve-symlinks', '--input-type=module', '--eval', `${imports.join('\n')}\nprocess.exit(0);`],
    { cwd: folder },
  );
  process.stdout.write(output);
  process.exitCode = code;
} finally {
  await rm(folder, { recursive: true, force: true });
}

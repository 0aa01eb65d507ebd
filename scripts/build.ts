/** Compiles src/ and testing/ to dist/, from nothing: a file that is gone from the sources must not stay in the package. */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { fewFiles } from './few-files.ts';
import { requireCommonJs } from './require-commonjs.ts';
import { root, run } from './run.ts';

await rm(`${root}/dist`, { recursive: true, force: true });
const { code, output } = await run('node', ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.json']);
process.stdout.write(output);
process.exitCode = code;
// What is read at run time beside the code, such as golden histories. Folders have no extension.
const isAsset = (path: string): boolean => extname(path) !== '.ts';
for (const folder of ['src', 'testing']) {
  await cp(`${root}/${folder}`, `${root}/dist/${folder}`, { recursive: true, filter: isAsset });
}
if (code === 0) await checkImports();
if (code === 0) await requireCommonJs(`${root}/dist/src`);
if (code === 0) {
  const bundled = await run('node', ['scripts/build-bundle.ts']);
  process.stdout.write(bundled.output);
  process.exitCode ||= bundled.code;
  if (bundled.code === 0) await fewFiles(`${root}/dist`);
}

/** Names of files in lazy imports are left as they are in functions with `using`: a command would fail in the package only. */
async function checkImports(): Promise<void> {
  for (const file of await readdir(`${root}/dist`, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const text = await readFile(`${root}/dist/${file}`, 'utf8');
    const [, left] = /\bimport\(\s*['"](\.[^'"]*\.ts)['"]/.exec(text) ?? [];
    if (left === undefined) continue;
    console.log(
      `dist/${file} still imports ${left}: the compiler did not rewrite it. Move the \`using\` or the import to another function.`,
    );
    process.exitCode = 1;
  }
}

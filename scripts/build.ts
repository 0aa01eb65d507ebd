/** Compiles src/ and testing/ to dist/, from nothing: a file that is gone from the sources must not stay in the package. */
import { cp, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { root, run } from './run.ts';

await rm(`${root}/dist`, { recursive: true, force: true });
const { code, output } = await run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
process.stdout.write(output);
process.exitCode = code;
// What is read at run time beside the code, such as golden histories. Folders have no extension.
const isAsset = (path: string): boolean => extname(path) !== '.ts';
for (const folder of ['src', 'testing']) {
  await cp(`${root}/${folder}`, `${root}/dist/${folder}`, { recursive: true, filter: isAsset });
}
if (code === 0) {
  const bundled = await run('node', ['scripts/build-bundle.ts']);
  process.stdout.write(bundled.output);
  process.exitCode = bundled.code;
}

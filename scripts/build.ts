/** Compiles src/ and testing/ to dist/, from nothing: a file that is gone from the sources must not stay in the package. */
import { rm } from 'node:fs/promises';
import { root, run } from './run.ts';

await rm(`${root}/dist`, { recursive: true, force: true });
const { code, output } = await run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
process.stdout.write(output);
process.exitCode = code;

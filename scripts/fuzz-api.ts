/**
 * Asks the HTTP API whatever its document allows, and more: `npm run fuzz`, or `npm run fuzz -- 200` for so many requests of each kind for each route.
 * `FUZZ_SEED` chooses other ones. Prints what was asked and what was found.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.ts';
import { schemathesis } from './services/schemathesis.ts';

const [examples = '50'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'perdure-fuzz-'));
const report = join(folder, 'report.txt');
const { value } = await schemathesis((line) => console.log(line));
const child = spawn(
  process.execPath,
  [`${root}/node_modules/vitest/vitest.mjs`, 'run', '--project', 'e2e', 'test/e2e/http/fuzz'],
  {
    cwd: root,
    env: { ...process.env, PERDURE_TEST_SCHEMATHESIS: value, FUZZ_EXAMPLES: examples, FUZZ_REPORT: report },
    stdio: 'inherit',
  },
);
process.exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
console.log(await readFile(report, 'utf8').catch(() => 'Nothing was asked.'));
await rm(folder, { recursive: true, force: true });

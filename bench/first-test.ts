/**
 * How long the first test of a fresh project takes once everything is installed: `node bench/first-test.ts [TIMES]`. Wants a build (`npm run build`).
 * Each time, the packed package and the test that the kit's README shows are put into a new folder, and vitest runs there for the first time.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from '../scripts/run.ts';

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly duration: number }[];
  }[];
}

interface Times {
  /** The test itself: engine, worker, client, run, replay. Milliseconds. */
  readonly test: number;
  /** From the command to its end. Milliseconds. */
  readonly command: number;
}

const times = Number(process.argv[2] ?? 5);
const place = await mkdtemp(join(tmpdir(), 'perdure-first-test-'));
try {
  await succeed('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', place]);
  const all: Times[] = [];
  for (let time = 0; time < times; time++) all.push(await measure(await createProject(`project-${time}`)));
  for (const key of ['test', 'command'] as const) console.log(`${key}: ${describe(all.map((each) => each[key]))}`);
} finally {
  await rm(place, { recursive: true, force: true });
}

/** A folder as after `npm install`: the package as it is published, everything else linked. */
async function createProject(name: string): Promise<string> {
  const project = join(place, name);
  const modules = join(project, 'node_modules');
  await mkdir(modules, { recursive: true });
  for (const entry of await readdir(`${root}/node_modules`)) {
    if (!entry.startsWith('.')) await symlink(`${root}/node_modules/${entry}`, join(modules, entry));
  }
  const tarball = (await readdir(place)).find((file) => file.endsWith('.tgz')) ?? '';
  await succeed('tar', ['-xzf', join(place, tarball), '-C', modules, '--transform', 's/^package/perdure/']);
  await cp(`${root}/test/e2e/testing/first`, project, { recursive: true });
  return project;
}

async function measure(project: string): Promise<Times> {
  const report = join(project, 'report.json');
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const started = performance.now();
  const args = ['run', '--root', project, '--reporter', 'json', '--outputFile', report];
  await succeed(process.execPath, [vitest, ...args]);
  const command = performance.now() - started;
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
  const [result] = testResults.flatMap(({ assertionResults }) => assertionResults);
  if (result?.status !== 'passed') throw new Error(JSON.stringify(testResults));
  return { test: result.duration, command };
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await run(command, [...args]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}\n${output}`);
}

function describe(values: readonly number[]): string {
  const sorted = values.map(Math.round).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `median ${median} ms of ${sorted.join(', ')}`;
}

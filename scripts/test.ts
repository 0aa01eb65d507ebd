/**
 * All tests: `npm test`, or some: `npm test -- core`. Finds, fetches or starts the official servers first, and stops what it started.
 *
 * A service that is not to be had skips the tests that need it, by name; with `CI` set that is a failure. The last line is the summary.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport } from './report.ts';
import { root, secondsSince } from './run.ts';
import { postgresServer } from './services/postgres.ts';
import { redisServer } from './services/redis.ts';
import { cacheFolder } from './services/service.ts';
import type { Service } from './services/service.ts';
import { Unavailable } from './services/service.ts';
import { temporalServer } from './services/temporal.ts';
import { timeSkippingServer } from './services/time-skipping.ts';
import { schemathesis } from './services/schemathesis.ts';
import { toxiproxy } from './services/toxiproxy.ts';

const providers = [
  { name: 'Temporal server', variable: 'PERDURE_TEST_TEMPORAL_ADDRESS', provide: temporalServer },
  { name: 'time-skipping test server', variable: 'PERDURE_TEST_TIME_SKIPPING_SERVER', provide: timeSkippingServer },
  { name: 'Redis', variable: 'PERDURE_TEST_REDIS_URL', provide: redisServer },
  { name: 'PostgreSQL', variable: 'PERDURE_TEST_POSTGRES_URL', provide: postgresServer },
  { name: 'schemathesis', variable: 'PERDURE_TEST_SCHEMATHESIS', provide: schemathesis },
  { name: 'toxiproxy', variable: 'PERDURE_TEST_TOXIPROXY_URL', provide: toxiproxy },
];

const ci = !['', '0', 'false', undefined].includes(process.env['CI']);
const running: Service[] = [];
const missing: string[] = [];
let vitest: ChildProcess | undefined;
let interrupted = false;

function stopServices(): void {
  for (const service of running.splice(0)) service.stop();
}

process.on('exit', stopServices);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    if (vitest === undefined) process.exit(130);
    vitest.kill(signal);
    setTimeout(() => vitest?.kill('SIGKILL'), 10_000).unref();
  });
}

/** The environment of the tests; a variable is unset when its service is missing. */
async function provideServices(): Promise<NodeJS.ProcessEnv> {
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Tests start many processes and threads, all of which load the same. With it, the coverage of what was loaded would not be exact.
  if (!process.argv.includes('--coverage')) env['NODE_COMPILE_CACHE'] ??= join(cacheFolder, 'compiled');
  const provided = providers.map(async ({ name, variable, provide }) => {
    const started = performance.now();
    delete env[variable];
    try {
      const service = await provide((line) => console.log(`${name}: ${line}`));
      running.push(service);
      env[variable] = service.value;
      console.log(`${name}: ${service.value} (${service.origin}, ${secondsSince(started)})`);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      missing.push(name);
      console.log(`${name}: MISSING. ${error.message}`);
    }
  });
  await Promise.all(provided);
  return env;
}

/** Runs vitest with what the caller asked for; its exit code. */
function runVitest(report: string, env: NodeJS.ProcessEnv): Promise<number> {
  const given = process.argv.slice(2);
  const projects = given.some((argument) => argument.startsWith('--project'))
    ? []
    : ['unit', 'unit-shared', 'conformance', 'e2e'].flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [`${root}/node_modules/vitest/vitest.mjs`, 'run', ...projects, ...reporters, ...given];
  return new Promise((resolve, reject) => {
    vitest = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    vitest.on('error', reject);
    vitest.on('close', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-test-'));
  try {
    const env = await provideServices();
    if (interrupted) return;
    const code = await runVitest(join(folder, 'report.json'), env);
    const report = await readReport(join(folder, 'report.json'));
    if (report.skipped.length > 0) console.log(`\nSKIPPED:\n${report.skipped.map((name) => `  ${name}`).join('\n')}`);
    for (const name of missing) console.log(`\n${ci ? 'FAILED' : 'SKIPPED'}: the tests that need the ${name}`);
    let failed = report.failed + (ci ? missing.length : 0);
    // Vitest also fails on what belongs to no test: an unhandled rejection, a crashed process, a coverage threshold.
    if (failed === 0 && code !== 0) {
      console.log('\nFAILED: vitest ended with an error outside of the tests, see above');
      failed = 1;
    }
    process.exitCode = interrupted ? 130 : Math.min(failed, 1);
    console.log(`\n${report.passed} passed, ${failed} failed, ${report.skipped.length} skipped`);
  } finally {
    stopServices();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();

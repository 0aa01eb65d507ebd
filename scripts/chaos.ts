/**
 * The proof by faults of the engines on SQLite and Redis, at the size of a release: `npm run chaos`, or `npm run chaos -- sqlite redis-kill` for some of its files.
 * `CHAOS_KILLS` and `CHAOS_SCALE` make it smaller or larger. Prints what was counted.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.ts';
import { redisServer } from './services/redis.ts';
import type { Service } from './services/service.ts';
import { toxiproxy } from './services/toxiproxy.ts';

const defaults = { CHAOS_KILLS: '45', CHAOS_SCALE: '1' };

interface Line {
  readonly test: string;
  readonly counts: Readonly<Record<string, number>>;
}

const log = (line: string): void => console.log(line);
const running: Service[] = [];
process.on('exit', () => {
  for (const service of running) service.stop();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-chaos-'));
  const reportFile = join(folder, 'report.jsonl');
  const given = process.argv.slice(2);
  const files = (given.length > 0 ? given : ['sqlite', 'redis']).map((name) => `test/chaos/${name}`);
  const needsRedis = given.length === 0 || given.some((name) => !name.startsWith('sqlite'));
  if (needsRedis) running.push(await redisServer(log), await toxiproxy(log));
  const [redis, proxy] = running;
  const env = {
    ...defaults,
    ...process.env,
    CHAOS_REPORT: reportFile,
    PERDURE_TEST_REDIS_URL: redis?.value,
    PERDURE_TEST_TOXIPROXY_URL: proxy?.value,
  };
  const args = [`${root}/node_modules/vitest/vitest.mjs`, 'run', '--project', 'e2e', ...files];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  const text = await readFile(reportFile, 'utf8').catch(() => '');
  await rm(folder, { recursive: true, force: true });
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  console.log(`\nCHAOS_KILLS=${env.CHAOS_KILLS} CHAOS_SCALE=${env.CHAOS_SCALE}`);
  for (const { test, counts } of lines) {
    const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    console.log(`  ${test}: ${parts.join(', ')}`);
  }
  process.exitCode = code;
}

await main();

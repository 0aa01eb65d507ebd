/** PostgreSQL: one that was named, or one of our own with fresh data and its settings as they come. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../scripts/run.ts';
import { freePort, Unavailable } from '../../scripts/services/service.ts';
import type { Service } from '../../scripts/services/service.ts';

const STARTS_WITHIN_MS = 60_000;

/** Finds or starts a PostgreSQL. Its value is a URL. @throws Unavailable */
export async function postgresServer(): Promise<Service> {
  const named = process.env['PERDURE_BENCH_POSTGRES_URL'];
  if (named) return { value: named, origin: 'PERDURE_BENCH_POSTGRES_URL', stop: () => undefined };
  const bin = binFolder();
  const folder = mkdtempSync(join(tmpdir(), 'perdure-postgres-'));
  // PostgreSQL does not run as root.
  const user = process.getuid?.() === 0 ? await userIds() : undefined;
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { cwd: folder, ...user };
  const made = await ended(spawn(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust'], options));
  if (made !== 0) throw new Unavailable('initdb of PostgreSQL failed');
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'max_connections=200'].flatMap((setting) => ['-c', setting]);
  const args = ['-D', data, '-p', String(port), '-k', folder, ...settings];
  const child = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' });
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const deadline = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const { code } = await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]);
    if (code === 0)
      return {
        value: `postgresql://postgres@127.0.0.1:${port}/postgres`,
        origin: `started, process ${child.pid}`,
        stop,
      };
    await delay(100);
  }
  stop();
  throw new Unavailable('PostgreSQL does not start');
}

/** Where Debian and its relatives put it; else it is looked for on the PATH. */
function binFolder(): string {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return '';
  const [newest] = readdirSync(base).toSorted((a, b) => Number(b) - Number(a));
  return newest === undefined ? '' : join(base, newest, 'bin');
}

async function userIds(): Promise<{ readonly uid: number; readonly gid: number }> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => {
      const { code, output } = await run('id', [flag, 'postgres']);
      if (code !== 0) throw new Unavailable('there is no user postgres, and PostgreSQL does not run as root');
      return Number(output);
    }),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
}

/** PostgreSQL: one that runs already, or one that we start, installing it when we may. */
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { run } from '../run.ts';
import { Unavailable, freePort } from './service.ts';
import type { Service } from './service.ts';

const startTimeoutMs = 60_000;
const debianFolder = '/usr/lib/postgresql';

/** Finds or starts a PostgreSQL where we may make schemas and roles; the value is a URL. Throws `Unavailable`. */
export async function postgresServer(log: (line: string) => void): Promise<Service> {
  const variable = 'PERDURE_TEST_POSTGRES_URL';
  const named = process.env[variable];
  if (named !== undefined && named !== '') {
    if (await answers(named)) return { value: named, origin: variable, stop: () => {} };
    // The URL may have a password.
    throw new Unavailable(`no PostgreSQL answers at ${variable}, or it refuses`);
  }
  const usual = 'postgresql://postgres@127.0.0.1:5432/postgres';
  if (await answers(usual)) return { value: usual, origin: 'was running', stop: () => {} };
  if ((await binFolder()) === undefined) await install(log);
  return startPostgres();
}

/** Starts one with fresh data and its settings as they come. Throws `Unavailable`. */
export async function startPostgres(): Promise<Service> {
  const bin = await binFolder();
  if (bin === undefined) throw new Unavailable('no `postgres` on the PATH (https://www.postgresql.org/download/)');
  const folder = mkdtempSync(join(tmpdir(), 'perdure-postgres-'));
  // PostgreSQL refuses to be root.
  const user = process.getuid?.() === 0 ? await otherUser() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { cwd: folder, ...user };
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const made = await end(spawn(join(bin, 'initdb'), initdb, { ...options, stdio: 'ignore' }));
  if (made !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Unavailable('initdb of PostgreSQL fails');
  }
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'max_connections=200'].flatMap((setting) => ['-c', setting]);
  const args = ['-D', data, '-p', `${port}`, '-k', folder, ...settings];
  const child = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' });
  child.on('error', () => {});
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const value = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && child.exitCode === null && child.pid !== undefined) {
    if (await answers(value)) return { value, origin: `started postgres, process ${child.pid}`, stop };
    await sleep(100);
  }
  stop();
  throw new Unavailable('postgres does not start');
}

/** Whether a PostgreSQL answers there, as a user who may make roles. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ super: boolean }>(
      `select rolsuper as super from pg_roles where rolname = current_user`,
    );
    return rows[0]?.super ?? false;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Where the programs are: `''` for the PATH, or where Debian and its relatives put them. */
async function binFolder(): Promise<string | undefined> {
  if ((await run('postgres', ['--version'])).code === 0 && (await run('initdb', ['--version'])).code === 0) return '';
  if (!existsSync(debianFolder)) return undefined;
  const versions = readdirSync(debianFolder).toSorted((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(debianFolder, version, 'bin'))
    .find((bin) => ['postgres', 'initdb'].every((program) => existsSync(join(bin, program))));
}

/** The package of Debian and its relatives, if we are root there. */
async function install(log: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0 || (await run('apt-get', ['--version'])).code !== 0) {
    throw new Unavailable('no `postgres` on the PATH (https://www.postgresql.org/download/)');
  }
  log('installing the package postgresql, once ...');
  // No server of its own: we start one with its own data.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const args = ['install', '--yes', '--no-install-recommends', 'postgresql'];
  let installed = await run('apt-get', args, { env });
  if (installed.code !== 0) {
    await run('apt-get', ['update'], { env });
    installed = await run('apt-get', args, { env });
  }
  if ((await binFolder()) === undefined)
    throw new Unavailable(`postgresql cannot be installed:\n${installed.output.trimEnd()}`);
}

async function otherUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])));
    if (uid?.code === 0 && gid?.code === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new Unavailable('there is no user postgres or nobody, and PostgreSQL does not run as root');
}

function end(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
}

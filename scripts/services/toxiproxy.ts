/** Toxiproxy, between tests and Redis: one that runs already, or one that we start, compiling it when we have to. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../run.ts';
import { Unavailable, cacheFolder, freePort } from './service.ts';
import type { Service } from './service.ts';

const version = 'v2.5.0';
const startTimeoutMs = 10_000;

/** Finds or starts toxiproxy; the value is the address of its API, as `http://127.0.0.1:8474`. Throws `Unavailable`. */
export async function toxiproxy(log: (line: string) => void): Promise<Service> {
  const named = process.env['TOXIPROXY_URL'];
  if (named !== undefined && named !== '') {
    if (await answers(named)) return { value: named, origin: 'TOXIPROXY_URL', stop: () => {} };
    throw new Unavailable(`nothing answers at TOXIPROXY_URL=${named}`);
  }
  if ((await run('toxiproxy-server', ['--version'])).code === 0) return start('toxiproxy-server');
  const cached = `${cacheFolder}/bin/toxiproxy-server`;
  if (!existsSync(cached)) await compile(cached, log);
  return start(cached);
}

async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/version`, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Compiles it with the Go toolchain of this machine. */
async function compile(target: string, log: (line: string) => void): Promise<void> {
  let go: string | undefined;
  for (const name of ['go', '/usr/local/go/bin/go']) {
    if (go === undefined && (await run(name, ['version'])).code === 0) go = name;
  }
  if (go === undefined) {
    throw new Unavailable(
      'no `toxiproxy-server` on the PATH (https://github.com/Shopify/toxiproxy), and no Go to compile it with',
    );
  }
  log(`compiling toxiproxy ${version}, once ...`);
  // A folder of its own and a rename: a killed compilation leaves no half binary under the final name.
  const folder = `${cacheFolder}/build-toxiproxy-${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    const { code, output } = await run(go, ['install', `github.com/Shopify/toxiproxy/v2/cmd/server@${version}`], {
      cwd: folder,
      env: { GOFLAGS: '-mod=mod', GOBIN: folder },
    });
    if (code !== 0) throw new Unavailable(`toxiproxy does not compile:\n${output.trimEnd()}`);
    await mkdir(`${cacheFolder}/bin`, { recursive: true });
    await rename(`${folder}/server`, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(program: string): Promise<Service> {
  const port = await freePort();
  const child = spawn(program, ['-host', '127.0.0.1', '-port', `${port}`], { stdio: 'ignore' });
  child.on('error', () => {});
  const value = `http://127.0.0.1:${port}`;
  const stop = (): void => void child.kill('SIGKILL');
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && child.exitCode === null && child.pid !== undefined) {
    if (await answers(value)) return { value, origin: `started ${program}, process ${child.pid}`, stop };
    await sleep(50);
  }
  stop();
  throw new Unavailable(`${program} does not start`);
}

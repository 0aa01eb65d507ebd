/** The server of Restate, as its package has it, on ports of its own with fresh data. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, Unavailable } from '../../scripts/services/service.ts';
import type { Service } from '../../scripts/services/service.ts';

const STARTS_WITHIN_MS = 60_000;

/** Starts it. Its value is the URL of the ingress. @throws Unavailable */
export async function restateServer(folder: string): Promise<Service & { readonly admin: string }> {
  const packages = join(folder, 'node_modules/@restatedev');
  const built = existsSync(packages) && readdirSync(packages).find((name) => name.startsWith('restate-server-'));
  if (!built) throw new Unavailable('the server of Restate is not built for this platform');
  const data = mkdtempSync(join(tmpdir(), 'perdure-restate-'));
  const [node, ingress, admin] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(join(packages, built, 'bin/restate-server'), ['--no-logo', '--listen-mode', 'tcp'], {
    cwd: data,
    stdio: 'ignore',
    env: {
      ...process.env,
      RESTATE_BASE_DIR: data,
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(node),
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    },
  });
  child.on('error', () => undefined);
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const adminUrl = `http://127.0.0.1:${admin}`;
  const deadline = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const healthy = await fetch(`${adminUrl}/health`).then(
      (response) => response.ok,
      () => false,
    );
    const origin = `started, process ${child.pid}`;
    if (healthy) return { value: `http://127.0.0.1:${ingress}`, origin, stop, admin: adminUrl };
    await delay(100);
  }
  stop();
  throw new Unavailable('the server of Restate does not start');
}

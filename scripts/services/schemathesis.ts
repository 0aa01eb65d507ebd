/** Schemathesis, which makes up requests from an OpenAPI document: one that is installed, or one that we install for ourselves. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { run } from '../run.ts';
import { Unavailable, cacheFolder } from './service.ts';
import type { Service } from './service.ts';

const version = '4.32.5';

/** Finds or installs schemathesis; the value is the path of the program. Throws `Unavailable`. */
export async function schemathesis(log: (line: string) => void): Promise<Service> {
  const found = await run('schemathesis', ['--version']);
  if (found.code === 0 && found.output.includes(version)) return service('schemathesis', 'on the PATH');
  const folder = `${cacheFolder}/schemathesis-${version}`;
  if (!existsSync(folder)) await install(folder, log);
  return service(`${folder}/bin/schemathesis`, folder);
}

/** Installs it into an environment of its own, with the Python of this machine. */
async function install(folder: string, log: (line: string) => void): Promise<void> {
  log(`installing schemathesis ${version}, once ...`);
  const made = await run('python3', ['-m', 'venv', folder]);
  if (made.code !== 0) {
    throw new Unavailable(`no Python with venv to run schemathesis with: ${made.output.trim().split('\n').at(-1)}`);
  }
  const installed = await run(`${folder}/bin/pip`, ['install', '--quiet', `schemathesis==${version}`]);
  if (installed.code === 0) return;
  await rm(folder, { recursive: true, force: true });
  throw new Unavailable(`schemathesis ${version} cannot be installed:\n${installed.output.trim()}`);
}

function service(value: string, origin: string): Service {
  return { value, origin, stop: () => {} };
}

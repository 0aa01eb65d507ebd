/** The Temporal dev server: one that runs already, or one that we start, compiling it when we have to. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { run } from '../run.ts';
import { Unavailable, cacheFolder, freePort } from './service.ts';
import type { Service } from './service.ts';

const cliVersion = 'v1.5.1';
const startTimeoutMs = 60_000;
const namespace = 'default';

// By default the dev server reads its queues at most every 50 ms and its timers up to 1 s late, and every step of every test waits.
const dynamicConfig = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'history.outboundProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="10ms"',
  // Without it a run that continues as new within its first second waits for the rest of it.
  'history.workflowIdReuseMinimalInterval="0s"',
  'frontend.enableUpdateWorkflowExecution=true',
  'frontend.enableUpdateWorkflowExecutionAsyncAccepted=true',
  'system.forceSearchAttributesCacheRefreshOnRead=true',
  // Only the newer matcher goes by priority, and only within one partition are tasks in order.
  'matching.useNewMatcher=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

/** Finds or starts a Temporal server with a namespace `default`. Throws `Unavailable`. */
export async function temporalServer(log: (line: string) => void): Promise<Service> {
  const named = process.env['TEMPORAL_ADDRESS'];
  if (named !== undefined && named !== '') {
    if (await answers(named)) return { value: named, origin: 'TEMPORAL_ADDRESS', stop: () => {} };
    throw new Unavailable(`nothing answers at TEMPORAL_ADDRESS=${named}, or it has no namespace ${namespace}`);
  }
  const usual = '127.0.0.1:7233';
  if (await answers(usual)) return { value: usual, origin: 'was running', stop: () => {} };
  return start(await findCli(log));
}

/** Whether a Temporal server with our namespace answers there. */
async function answers(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1000 });
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

async function findCli(log: (line: string) => void): Promise<string> {
  if ((await run('temporal', ['--version'])).code === 0) return 'temporal';
  const cached = `${cacheFolder}/bin/temporal`;
  if (!existsSync(cached)) await compile(cached, log);
  return cached;
}

/** Compiles the Temporal CLI, which contains the server, with the Go toolchain of this machine. */
async function compile(target: string, log: (line: string) => void): Promise<void> {
  const go = ['go', '/usr/local/go/bin/go'];
  let found: string | undefined;
  for (const name of go) if (found === undefined && (await run(name, ['version'])).code === 0) found = name;
  if (found === undefined) {
    throw new Unavailable('no `temporal` on the PATH (https://docs.temporal.io/cli), and no Go to compile it with');
  }
  log(`compiling the Temporal CLI ${cliVersion}, once (some minutes) ...`);
  // A folder of its own and a rename: a killed compilation leaves no half binary under the final name.
  const folder = `${cacheFolder}/build-${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    const { code, output } = await run(found, ['install', `github.com/temporalio/cli/cmd/temporal@${cliVersion}`], {
      cwd: folder,
      env: { GOFLAGS: '-mod=mod', GOBIN: folder },
    });
    if (code !== 0) throw new Unavailable(`the Temporal CLI does not compile:\n${output.trimEnd()}`);
    await mkdir(`${cacheFolder}/bin`, { recursive: true });
    await rename(`${folder}/temporal`, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(cli: string): Promise<Service> {
  const address = `127.0.0.1:${await freePort()}`;
  const [ip = '', port = ''] = address.split(':');
  const args = ['server', 'start-dev', '--headless', '--ip', ip, '--port', port, '--namespace', namespace];
  const config = dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]);
  const child = spawn(cli, [...args, '--log-level', 'error', ...config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const service = { value: address, origin: `started ${cli}, process ${child.pid}`, stop: () => child.kill('SIGKILL') };
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    if (errors.length < 100) errors.push(chunk);
  });
  child.on('error', (error) => errors.push(Buffer.from(error.message)));
  if (await comesUp(child, address)) return service;
  service.stop();
  throw new Unavailable(`${cli} does not start:\n${Buffer.concat(errors).toString().trimEnd()}`);
}

async function comesUp(child: ChildProcess, address: string): Promise<boolean> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && child.exitCode === null && child.pid !== undefined) {
    if (await answers(address)) return true;
    await sleep(100);
  }
  return false;
}

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import type { LogLevel } from '@temporalio/worker';
import { type EngineFlags, engineFromFlags } from '../engine-flags.ts';
import { freshEnvironment } from '../env-file.ts';
import type { CliOutput } from '../output.ts';
import { projectFile } from '../project/find-file.ts';
import { stopSignal } from '../project/stop-signal.ts';
import { DevSession } from './dev-session.ts';
import type { ReadyReport } from './messages.ts';
import { watchFolder } from './watch-folder.ts';

/** What the command line says about working on a project. */
export interface DevFlags extends EngineFlags {
  readonly port?: number;
  /** Whether there is an API. */
  readonly api: boolean;
  readonly logLevel?: LogLevel;
}

const DEFAULT_PORT = 8080;

/** Runs a project until it is interrupted. Runs are kept: they go on after each change. */
export async function develop(named: string | undefined, flags: DevFlags, output: CliOutput): Promise<void> {
  // Flags first: what is wrong with them does not change with a file.
  engineFromFlags(flags);
  const file = projectFile(named);
  const { api, port: asked, logLevel, engine, database, address, namespace } = flags;
  const port = api ? (asked ?? ((await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : 0)) : undefined;
  const folder = projectFolder(file);
  const given = Object.fromEntries(
    Object.entries({ engine, database, address, namespace }).filter(([, value]) => value),
  );
  let isFirst = true;
  const session = new DevSession({ file, flags: given, port, logLevel }, freshEnvironment, {
    onReady: (report, changed, seconds) => {
      output.out(isFirst ? greeting(report, folder, output) : `${reloaded(report, changed, seconds, output)}\n`);
      isFirst = false;
    },
    onBroken: (message) => output.err(`${message}${output.errStyle('dim', 'Waiting for the next change.')}\n`),
  });
  using stop = stopSignal();
  using _watch = watchFolder(folder, (files) => void session.reload(files));
  await Promise.race([session.reload([]), stop.asked]);
  await stop.asked;
  await session.close();
}

/** Where the project is: the nearest folder with a package.json, else that of the file. */
function projectFolder(file: string): string {
  const start = dirname(resolve(file));
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return start;
  }
}

function greeting({ agents, place, url }: ReadyReport, folder: string, { style }: CliOutput): string {
  const [agent = 'agent'] = agents;
  const body = JSON.stringify({ agent, input: 'Hello' }).replaceAll("'", String.raw`'\''`);
  const lines = [
    ['agents', agents.join(', ') || 'none'],
    ['runs', place],
    ...(url === undefined ? [] : [['API', `${url}, for this machine only`]]),
    ['watches', relative('', folder) || '.'],
  ];
  const call = `curl -s ${url}/api/runs -H 'content-type: application/json' -d '${body}'`;
  return [
    '',
    ...lines.map(([name = '', text = '']) => `  ${style('dim', name.padEnd(8))}${text}`),
    '',
    ...(url === undefined ? [] : [`  ${call}`, '']),
    style('dim', '  Ctrl+C ends it. Runs go on when it is started again.'),
    '',
    '',
  ].join('\n');
}

function reloaded({ agents }: ReadyReport, changed: readonly string[], seconds: number, { style }: CliOutput): string {
  const [first = '', ...more] = changed;
  const what = more.length === 0 ? first : `${first} and ${more.length} more`;
  return `${style('green', '↻')} ${what} changed; runs again after ${seconds.toFixed(1)} s: ${agents.join(', ')}`;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

import type { LogLevel } from '@temporalio/worker';
import { parseTime } from '../../agent/time.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { type EngineFlags, engineFromFlags } from '../engine-flags.ts';
import { loadProjectFile } from '../load-file.ts';
import { withTelemetry } from '../worker-log.ts';
import type { CliOutput } from '../output.ts';
import { projectFile } from '../project/find-file.ts';
import { openProject } from '../project/open-project.ts';
import { stopSignal } from '../project/stop-signal.ts';
import { authFromEnv } from './auth.ts';

/** What the command line says about an API. */
export interface ServeFlags extends EngineFlags {
  readonly worker?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly keys?: string;
  readonly shutdownDeadline?: string;
  readonly logLevel?: LogLevel;
}

/** Serves the API of a project until it is asked to end. Flags and environment come before what the file says of the API. */
export async function serveProject(named: string | undefined, flags: ServeFlags, output: CliOutput): Promise<void> {
  // Flags first: what is wrong with them needs no file.
  const engine = engineFromFlags(flags);
  const auth = await authFromEnv(flags.keys, process.env);
  const described = await loadProjectFile(projectFile(named));
  const file = await withTelemetry(described.worker, flags.logLevel, 'INFO');
  const { host = process.env['PERDURE_HOST'] || undefined, port = portFromEnv(), shutdownDeadline } = flags;
  const time =
    shutdownDeadline === undefined ? {} : { shutdownTimeout: parseTime(shutdownDeadline, '--shutdown-deadline') };
  using stop = stopSignal();
  const project = await openProject({
    file: { ...file, ...(shutdownDeadline === undefined ? {} : { shutdownDeadline }) },
    engine,
    hasWorker: flags.worker === true,
    api: {
      ...described.api,
      logger: file.telemetry.logger,
      ...(auth && { auth }),
      ...(host && { host }),
      ...(port !== undefined && { port }),
      ...time,
    },
  });
  const { api, agents, perdure } = project;
  const what = flags.worker === true ? 'API and worker' : 'API';
  output.err(`perdure: ${what} on ${api?.url}, engine ${perdure.engine.name}: ${agents.join(', ') || 'any agent'}\n`);
  try {
    await Promise.race([stop.asked, project.ended]);
  } finally {
    await project.close();
  }
}

function portFromEnv(): number | undefined {
  const name = process.env['PERDURE_PORT'] ? 'PERDURE_PORT' : 'PORT';
  const text = process.env[name];
  if (!text) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new ConfigurationError(name, `'${text}' is no port.`, { fix: 'Give a number from 0 to 65535.' });
}

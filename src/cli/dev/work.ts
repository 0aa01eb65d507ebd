/** The process that `perdure dev` starts again at each change: worker, API and engine of a project. */
import { ConfigurationError } from '../../engine/index.ts';
import { engineFromEnv, isEngine } from '../../engines/index.ts';
import { engineFromFlags } from '../engine-flags.ts';
import { describeError } from '../errors.ts';
import { loadWorkerFile } from '../load-file.ts';
import { installLogger } from '../logging.ts';
import { openProject, type Project } from '../project/open-project.ts';
import { describePlace } from '../project/place.ts';
import { stopSignal } from '../project/stop-signal.ts';
import type { WorkOrder, WorkReport } from './messages.ts';

/** Runs are tried again by the next process: nobody wants to wait for this one. */
const DEADLINE = '3 s';

const order = JSON.parse(process.argv[2] ?? '') as WorkOrder;

try {
  await work(order);
} catch (error) {
  await tell({ type: 'failed', message: describeError(error, false) });
  process.exitCode = 1;
}
if (process.connected) process.disconnect();

async function work({ file: path, flags, logLevel, ...api }: WorkOrder): Promise<void> {
  using stop = stopSignal();
  const asked = Promise.race([stop.asked, askedByParent()]);
  const flagged = engineFromFlags(flags);
  const file = await loadWorkerFile(path);
  await installLogger(logLevel);
  const options = { shutdownDeadline: DEADLINE, ...file };
  const project = await openAtPort(api, async (port) =>
    await openProject({
      file: options,
      engine: flagged,
      hasWorker: true,
      api: port === undefined ? undefined : { port, shutdownTimeout: 500 },
    }),
  );
  const config = flagged ?? file.engine ?? engineFromEnv();
  const { agents, perdure } = project;
  const place = isEngine(config) ? '' : await describePlace(config);
  const at = project.api === undefined ? {} : { url: project.api.url, port: project.api.port };
  await tell({ type: 'ready', agents, engine: perdure.engine.name, place, ...at });
  try {
    await Promise.race([asked, project.ended]);
  } finally {
    await project.close();
  }
}

async function openAtPort(
  { port, anyPort }: Pick<WorkOrder, 'port' | 'anyPort'>,
  open: (port: number | undefined) => Promise<Project>,
): Promise<Project> {
  try {
    return await open(port);
  } catch (error) {
    if (!anyPort || !ConfigurationError.is(error) || error.path !== 'port') throw error;
    return await open(0);
  }
}

function askedByParent(): Promise<void> {
  return new Promise((resolve) => {
    process.once('message', () => resolve());
    // It is gone, and nobody would ever stop us.
    process.once('disconnect', () => resolve());
  });
}

async function tell(report: WorkReport): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => process.send?.(report, () => resolve()));
}

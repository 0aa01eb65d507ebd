/** The process that `perdure dev` starts again at each change: worker, API and engine of a project. */
import { engineFromEnv, isEngine } from '../../engines/index.ts';
import { engineFromFlags } from '../engine-flags.ts';
import { describeError } from '../errors.ts';
import { loadProjectFile } from '../load-file.ts';
import { withTelemetry } from '../worker-log.ts';
import { openProject } from '../project/open-project.ts';
import { describePlace } from '../project/place.ts';
import { stopSignal } from '../project/stop-signal.ts';
import type { WorkOrder, WorkReport } from './messages.ts';

/** What is under way is tried again by the next process: nobody wants to wait for this one. */
const DEADLINE = '3 s';
/** The API of a person at work, whoever may use the one that is served; what is asked may take so many milliseconds when it ends. */
const LOCAL = { auth: 'loopback', shutdownTimeout: 500 } as const;
/** What the file has left behind must not keep the process from ending. Milliseconds. */
const GRACE_MS = 500;

try {
  await work(JSON.parse(process.argv[2] ?? '') as WorkOrder);
} catch (error) {
  await tell({ type: 'failed', message: describeError(error, false) });
  process.exitCode = 1;
}
if (process.connected) process.disconnect();
setTimeout(() => process.exit(), GRACE_MS).unref();

async function work({ file: path, flags, port, logLevel }: WorkOrder): Promise<void> {
  using stop = stopSignal();
  const asked = Promise.race([stop.asked, askedByParent()]);
  const engine = engineFromFlags(flags);
  const described = await loadProjectFile(path);
  const file = await withTelemetry(described.worker, logLevel, 'WARN');
  const project = await openProject({
    file: { ...file, shutdownDeadline: DEADLINE },
    engine,
    hasWorker: true,
    api: port === undefined ? undefined : { ...described.api, ...LOCAL, port, logger: file.telemetry.logger },
  });
  try {
    const source = engine ?? file.engine ?? engineFromEnv();
    const place = isEngine(source) ? source.name : `${source.type}, ${await describePlace(source)}`;
    const { agents, api } = project;
    await tell({ type: 'ready', agents, place, ...(api === undefined ? {} : { url: api.url, port: api.port }) });
    await Promise.race([asked, project.ended]);
  } finally {
    await project.close();
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

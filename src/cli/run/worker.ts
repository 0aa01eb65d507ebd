import type { LogLevel } from '@temporalio/worker';
import type { Perdure } from '../../client/perdure.ts';
import { type EngineConfig, engineFromEnv, isEngine, openEngine } from '../../engines/index.ts';
import type { Engine } from '../../engine/index.ts';
import { type EngineFlags, engineFromFlags } from '../engine-flags.ts';
import { InterruptedError, NotFoundError } from '../errors.ts';
import { type FileOptions, loadWorkerFile } from '../load-file.ts';
import type { CliOutput } from '../output.ts';
import { withProgress } from '../progress.ts';
import { closest } from '../text/closest.ts';
import { withTelemetry } from '../worker-log.ts';

/** What the command line says about a worker in this process. */
export interface WorkerFlags extends EngineFlags {
  readonly taskQueue?: string;
  readonly logLevel?: LogLevel;
}

/**
 * Runs the worker of a file in this process for as long as the work takes; flags come before what the file says, and that before the environment.
 * @throws NotFoundError when the file has no such agent; ConfigurationError, DefinitionError, EngineUnavailableError; what the work throws.
 */
export async function withWorker(
  file: string,
  agent: string,
  flags: WorkerFlags,
  output: CliOutput,
  work: (perdure: Perdure) => Promise<void>,
): Promise<void> {
  const asked = engineFromFlags(flags);
  const described = await loadWorkerFile(file);
  checkAgent(file, agent, described);
  const options = await withTelemetry(described, flags.logLevel, 'ERROR');
  const source: Engine | EngineConfig = asked ?? options.engine ?? engineFromEnv();
  const engine = await openEngine(source);
  const taskQueue = flags.taskQueue ?? options.taskQueue;
  try {
    await workBeside({ ...options, engine, ...(taskQueue === undefined ? {} : { taskQueue }) }, output, work);
  } finally {
    if (!isEngine(source)) await engine.close();
  }
}

async function workBeside(
  options: FileOptions & { readonly engine: Engine },
  output: CliOutput,
  work: (perdure: Perdure) => Promise<void>,
): Promise<void> {
  const { engine, taskQueue, secret, tokens, telemetry } = options;
  const [{ runAnyWorker }, { connect }] = await Promise.all([
    import('../../worker/index.ts'),
    import('../../client/connect.ts'),
  ]);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const { promise: ready, resolve: isReady } = Promise.withResolvers<undefined>();
  const working = runAnyWorker({ ...options, signal, onReady: () => isReady(undefined) });
  const ended = working.then(() => {
    throw new InterruptedError('The worker was stopped. The run goes on as soon as a worker runs.');
  });
  ended.catch(() => {});
  try {
    await withProgress(output, 'Starting the worker', async () => await Promise.race([ready, ended]));
    const perdure = await connect({
      engine,
      ...(taskQueue === undefined ? {} : { taskQueue }),
      ...(secret === undefined ? {} : { secret }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(telemetry === undefined ? {} : { telemetry }),
    });
    try {
      await Promise.race([work(perdure), ended]);
    } finally {
      await perdure.close();
    }
  } finally {
    stop.abort();
    await working;
  }
}

function checkAgent(file: string, agent: string, { agents = [] }: FileOptions): void {
  const names = agents.map(({ name }) => name);
  if (names.includes(agent)) return;
  const near = closest(agent, names);
  const hint = near === undefined ? `It has ${names.join(', ') || 'none'}.` : `Did you mean ${near}?`;
  throw new NotFoundError(`${file}: there is no agent '${agent}'. ${hint}`);
}

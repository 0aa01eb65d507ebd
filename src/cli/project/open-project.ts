import { connect } from '../../client/connect.ts';
import type { Perdure } from '../../client/perdure.ts';
import { type EngineConfig, engineFromEnv, isEngine, openEngine } from '../../engines/index.ts';
import type { ApiServer, ServeOptions } from '../../http/index.ts';
import type { AgentWorker } from '../../worker/agent-worker.ts';
import type { FileOptions } from '../load-file.ts';

/** What is to run in this process. */
export interface ProjectOptions {
  /** What the project's file says. Without it, there is nothing for a worker. */
  readonly file: FileOptions | undefined;
  /** Comes before what the file and the environment say. */
  readonly engine: EngineConfig | undefined;
  /** Whether agents run here. */
  readonly hasWorker: boolean;
  /** How the API listens; `undefined`: there is none. */
  readonly api: Omit<ServeOptions, 'agents' | 'data' | 'perdure'> | undefined;
}

/** A project at work. */
export interface Project {
  readonly perdure: Perdure;
  readonly api: ApiServer | undefined;
  /** Names of the agents that run here, or may be started. */
  readonly agents: readonly string[];
  /** Ends by itself only when the worker does; rejects with what ended it. */
  readonly ended: Promise<void>;
  /** Lets requests and what is under way finish, and lets go of everything. May be called twice. */
  close(): Promise<void>;
}

/**
 * Opens engine, worker and API of a project in one process.
 * @throws ConfigurationError, DefinitionError, EngineUnavailableError; nothing is left open then.
 */
export async function openProject(options: ProjectOptions): Promise<Project> {
  const { file = {}, hasWorker, api: apiOptions } = options;
  const source = options.engine ?? file.engine ?? engineFromEnv();
  const undo: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => await (closing ??= closeAll(undo));
  try {
    const engine = await openEngine(source);
    if (!isEngine(source)) undo.push(() => engine.close());
    const { agents = [], taskQueue, secret, tokens, telemetry } = file;
    const shared = {
      ...(taskQueue && { taskQueue }),
      ...(secret !== undefined && { secret }),
      ...(tokens && { tokens }),
      ...(telemetry && { telemetry }),
    };
    const perdure = await connect({ engine, ...shared });
    undo.push(() => perdure.close());
    const { worker, ended } = hasWorker ? await startWorker({ ...file, engine }, undo) : { ended: forever() };
    const api = apiOptions && (await startApi({ ...apiOptions, perdure, ...(agents.length > 0 && { agents }) }, undo));
    const names = worker?.agents ?? agents.map(({ name }) => name);
    return { perdure, api, agents: names, ended, close };
  } catch (error) {
    // Why it could not be opened counts for more.
    await close().catch(() => undefined);
    throw error;
  }
}

async function startWorker(
  options: FileOptions,
  undo: (() => Promise<unknown>)[],
): Promise<{ readonly worker: AgentWorker; readonly ended: Promise<void> }> {
  const { onReady, ...rest } = options;
  const { openWorker } = await import('../../worker/create-worker.ts');
  const worker = await openWorker(rest);
  const ended = worker.run();
  // Whoever closes the project hears of it.
  ended.catch(() => undefined);
  undo.push(async () => {
    worker.shutdown();
    await ended;
  });
  void worker.ready.then(() => onReady?.(worker));
  return { worker, ended };
}

async function startApi(options: Omit<ServeOptions, 'data'>, undo: (() => Promise<unknown>)[]): Promise<ApiServer> {
  const [{ serveApi }, { lateData }] = await Promise.all([import('../../http/index.ts'), import('./late-data.ts')]);
  const data = lateData();
  undo.push(() => data.close());
  const api = await serveApi({ ...options, data });
  undo.push(() => api.close());
  return api;
}

/** Takes everything back, the last first; also past what fails. @throws the first failure. */
async function closeAll(steps: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps.toReversed()) await step().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

function forever(): Promise<void> {
  return new Promise(() => undefined);
}

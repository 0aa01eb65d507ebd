import type { AnyAgent, AnyTool, ToolSource } from '../agent/types.ts';
import type { AgentWorker } from './agent-worker.ts';
import { openWorker } from './create-worker.ts';
import type { AgentWorkerOptions, AnyWorkerOptions } from './options.ts';

/** What `runWorker` calls on the way. */
export interface RunHooks {
  /** Called once it works, with the worker. */
  readonly onReady?: (worker: AgentWorker) => void;
}

/**
 * Runs agents in this process: the one entrypoint of a worker. Works until SIGTERM or SIGINT, ends what is under way within a deadline, and resolves
 * when it has let go of everything, so that the process can end.
 * @throws ConfigurationError, DefinitionError, EngineUnavailableError before anything has begun; ShutdownDeadlineError.
 * @example
 * await runWorker({ agents: [support], deps: { orders } });
 */
export async function runWorker<
  const Agents extends readonly AnyAgent[] = readonly [],
  const Tools extends readonly (AnyTool | ToolSource)[] = readonly [],
>(options: AgentWorkerOptions<Agents, Tools> & RunHooks): Promise<void> {
  await runAnyWorker(options);
}

/** As `runWorker`, for options whose types are not known. */
export async function runAnyWorker({ onReady, ...options }: AnyWorkerOptions & RunHooks): Promise<void> {
  const worker = await openWorker(options);
  void worker.ready.then(() => onReady?.(worker));
  await worker.run();
}

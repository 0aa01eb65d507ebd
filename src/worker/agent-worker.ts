import { IllegalStateError, type Logger } from '@temporalio/common';
import { GracefulShutdownPeriodExpiredError, Runtime } from '@temporalio/worker';
import type { Engine, PerdureWorker } from '../engine/index.ts';
import { ShutdownDeadlineError } from './errors.ts';

/** What a worker is made of. */
export interface AgentWorkerParts {
  readonly worker: PerdureWorker;
  readonly engine: Engine;
  readonly taskQueue: string;
  readonly agents: readonly string[];
  readonly signal: AbortSignal | undefined;
  /** Lets go of what was opened for this worker alone. */
  readonly release: () => Promise<void>;
  readonly logger: Logger | undefined;
}

/** A worker that runs agents. It works once, from `run` until it is asked to stop. */
export class AgentWorker {
  /** Where it works. */
  readonly engine: Engine;
  /** Where it looks for work. */
  readonly taskQueue: string;
  /** The names of the agents that it runs, sub-agents included. */
  readonly agents: readonly string[];
  /** The official worker, for what is not offered here. */
  readonly worker: PerdureWorker;
  /** Resolves once it works. Never rejects: whoever waits for `run` hears of errors. */
  readonly ready: Promise<void>;
  readonly #parts: AgentWorkerParts;
  #isReady: () => void = () => {};
  #state: 'new' | 'running' | 'over' = 'new';
  #isAsked = false;

  /** @internal */
  constructor(parts: AgentWorkerParts) {
    this.#parts = parts;
    this.engine = parts.engine;
    this.taskQueue = parts.taskQueue;
    this.agents = parts.agents;
    this.worker = parts.worker;
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
  }

  /**
   * Works until `shutdown`, the signal of its options, or SIGTERM or SIGINT; then ends what is under way, within the deadline, and lets go of
   * everything that was opened for it.
   * @throws ShutdownDeadlineError when the deadline passed first. What could not be closed, when all else went well.
   */
  async run(): Promise<void> {
    this.#begin();
    const { release } = this.#parts;
    try {
      await this.#work();
    } catch (error) {
      // Why the worker ended counts for more.
      await release().catch((left: unknown) => this.#logger.warn('Not everything could be closed', { error: left }));
      throw error;
    }
    await release();
  }

  async #work(): Promise<void> {
    const { worker, signal } = this.#parts;
    const stop = (): void => this.shutdown();
    try {
      const running = worker.run();
      if (!this.#isAsked) this.#announce();
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted === true || this.#isAsked) this.shutdown();
      await running;
    } catch (error) {
      if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
      throw new ShutdownDeadlineError({ cause: error });
    } finally {
      this.#state = 'over';
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Asks it to stop; `run` resolves when it has. May be called at any time, and more than once. */
  shutdown(): void {
    this.#isAsked = true;
    if (this.worker.getState() === 'RUNNING') this.worker.shutdown();
  }

  /** Lets go of everything without ever having run. After `run`, there is nothing left to do. */
  async close(): Promise<void> {
    if (this.#state === 'running') throw new IllegalStateError('The worker runs: call shutdown, and await run');
    if (this.#state === 'over') return;
    // Only a worker that has run lets go of its threads and of the official runtime.
    this.shutdown();
    await this.run();
  }

  #begin(): void {
    if (this.#state !== 'new') throw new IllegalStateError('A worker runs once: make another one');
    this.#state = 'running';
  }

  get #logger(): Logger {
    return this.#parts.logger ?? Runtime.instance().logger;
  }

  #announce(): void {
    const { taskQueue, agents, engine } = this.#parts;
    this.#logger.info(`perdure worker is ready: ${agents.join(', ') || 'no agents'}`, {
      engine: engine.name,
      taskQueue,
    });
    this.#isReady();
  }
}

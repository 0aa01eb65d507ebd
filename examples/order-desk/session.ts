import { connect, type Perdure, type Run } from 'perdure';
import { openEngine } from 'perdure/engines';
import { support } from './agents.ts';
import type { AnswerSource } from './ask.ts';
import { attend, type Ending, type Watch } from './attend.ts';
import type { DemoOptions } from './options.ts';
import type { View } from './view.ts';
import { WorkerProcess } from './worker-process.ts';

/** When there is something to lose: the run has done or asked something, and is not over. */
const MIDDLE = new Set(['tool_completed', 'tool_failed', 'tool_awaited', 'approval_requested', 'input_requested']);

/** The demo at work: an engine, a client, and a worker in a process of its own. */
export class Session implements AsyncDisposable {
  readonly #perdure: Perdure;
  readonly #worker: WorkerProcess;
  readonly #view: View;
  readonly #isOnRedis: boolean;
  #crashes: boolean;

  private constructor(perdure: Perdure, worker: WorkerProcess, view: View, crashes: boolean) {
    this.#perdure = perdure;
    this.#isOnRedis = perdure.engine.name === 'bullmq';
    this.#worker = worker;
    this.#view = view;
    this.#crashes = crashes;
  }

  /** @throws ConfigurationError, EngineUnavailableError */
  static async open({ engine: config, taskQueue, crash }: DemoOptions, view: View): Promise<Session> {
    // Settings of Redis that put runs at risk are told here.
    const onError = (error: unknown): void => view.note(error instanceof Error ? error.message : String(error));
    const engine = await openEngine(config.type === 'bullmq' ? { ...config, onError } : config);
    const perdure = await connect({ engine, taskQueue });
    const worker = new WorkerProcess({ engine: config, taskQueue });
    return new Session(perdure, worker, view, crash);
  }

  async ask(question: string): Promise<Run<unknown>> {
    await this.#worker.ready();
    return this.#perdure.start(support, { input: question });
  }

  /** What was asked earlier and is not answered yet, oldest first. */
  async unfinished(): Promise<readonly Run<unknown>[]> {
    const { runs } = await this.#perdure.listRuns({ status: 'running', agent: support.name });
    return runs.map(({ id }) => this.#perdure.run(id, support)).toReversed();
  }

  /** What a run was asked in the beginning. */
  async questionOf(run: Run<unknown>): Promise<string> {
    for await (const event of run.events()) {
      if (event.type === 'run_started')
        return typeof event.input === 'string' ? event.input : JSON.stringify(event.input);
    }
    return '';
  }

  /** Watches a run and answers for it. @throws Error when the worker can't do its work. */
  async attend(run: Run<unknown>, answer: AnswerSource): Promise<Ending> {
    const watch: Watch = async (event, depth, runId) => {
      this.#view.event(event, depth, runId);
      if (this.#crashes && MIDDLE.has(event.type)) await this.#crash();
    };
    const hint = (text: string): void => this.#view.note(text);
    const ending = await Promise.race([
      attend(run, { perdure: this.#perdure, watch, answer, hint }),
      this.#worker.failed,
    ]);
    if (ending.type === 'answered') this.#view.answer(ending.output);
    return ending;
  }

  async #crash(): Promise<void> {
    this.#crashes = false;
    const { killed, started } = await this.#worker.crash();
    this.#view.note(`  The worker (process ${killed}) was killed with SIGKILL. Another one (${started}) goes on.`);
    if (this.#isOnRedis)
      this.#view.note('  Redis keeps for 10 to 15 seconds what the killed one had: it might have been slow only.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop();
    await this.#perdure.close();
    await this.#perdure.engine.close();
  }
}

import type { RunEvent } from '../client/events/event.ts';
import type { EventsOptions } from '../client/events/stream.ts';
import type { Prices, RunMetrics, Step } from '../client/inspect/types.ts';
import type { Perdure } from '../client/perdure.ts';
import type { EngineHealth, EngineInfo } from '../engine/index.ts';
import { ConfigurationError } from '../engine/index.ts';
import type { Json } from '../workflow/protocol/index.ts';
import { failureOf } from './failures.ts';
import { checkRequest, type RunAgentInput, type RunIdentifier } from './requests.ts';
import { type AdapterSource, type Opened, openSource } from './source.ts';
import { startAll } from './start-all.ts';

/** Which events are wanted. */
export type StreamOptions = Pick<EventsOptions, 'from' | 'signal'>;

/**
 * Runs and the state of any engine, in one set of calls: a program that uses them moves to another engine by its configuration. Calls reject with the typed
 * errors of this package, all of which have a `code`.
 */
export interface WorkflowEngineAdapter {
  /**
   * Starts runs. They are checked before the first one is started.
   * @returns their ids, in the same order.
   * @throws StartsFailedError when not all could be started, with those that were; ConfigurationError with nothing started.
   */
  startRuns(inputs: readonly RunAgentInput[]): Promise<RunIdentifier[]>;
  /** Tells a run something. Needs no worker. @throws RunNotFoundError, RunEndedError, ConfigurationError, EngineUnavailableError */
  signalRun(id: RunIdentifier, signalName: string, payload?: Json): Promise<void>;
  /**
   * Asks a run something. Needs a worker.
   * @typeParam Answer what it answers.
   * @throws QueryUnknownError, QueryFailedError, RunPausedError, RunNotFoundError, NoWorkerError, EngineUnavailableError
   */
  queryRun<Answer = Json>(id: RunIdentifier, queryName: string, ...args: readonly Json[]): Promise<Answer>;
  /**
   * What happens in a run, from its beginning or after the event `from`, until it has ended; also of one that has ended long ago. Waits half a minute for an
   * engine that is away.
   * @throws RunNotFoundError, EngineUnavailableError; ConfigurationError when `from` is no id of an event of this run; the signal's reason when it aborts.
   */
  streamRunEvents(id: RunIdentifier, options?: StreamOptions): AsyncIterable<RunEvent>;
  /** What a run did, in order, with attempts, times, inputs and outputs. Needs no worker. @throws RunNotFoundError, EngineUnavailableError */
  getRunHistory(id: RunIdentifier): Promise<readonly Step[]>;
  /** Asks a run to end in order. One that has ended stays as it is. @throws RunNotFoundError, EngineUnavailableError */
  cancelRun(id: RunIdentifier, reason?: string): Promise<void>;
  /** How the engine is. Never rejects: one that cannot be reached is `unhealthy`, with the reason. */
  getEngineHealth(): Promise<EngineHealth>;
  /** How much a run did and how long it took, so far. Needs no worker. @throws RunNotFoundError, EngineUnavailableError */
  getRunMetrics(id: RunIdentifier): Promise<RunMetrics>;
  /** What the engine is and can do. @throws EngineUnavailableError */
  getEngineInfo(): Promise<EngineInfo>;
  /** The client behind it, for all else: lists, answers to waits, and the engine that a worker of this process may share. */
  readonly perdure: Perdure;
  /** Lets go of what it has opened. Runs go on. */
  close(): Promise<void>;
}

/**
 * Opens an engine by its configuration, or takes a client, and offers its runs and its state.
 * @throws ConfigurationError before anything is connected; EngineUnavailableError.
 * @example
 * const adapter = await createWorkflowEngineAdapter({ type: 'bullmq', config: { redis: { host: 'localhost' } } });
 * const [id] = await adapter.startRuns([{ agentName: 'support', input: 'Where is my order 1042?' }]);
 */
export async function createWorkflowEngineAdapter(source: AdapterSource): Promise<WorkflowEngineAdapter> {
  return new ClientAdapter(await openSource(source));
}

class ClientAdapter implements WorkflowEngineAdapter {
  readonly perdure: Perdure;
  readonly #prices: Prices | undefined;
  readonly #close: () => Promise<void>;

  constructor({ perdure, prices, close }: Opened) {
    this.perdure = perdure;
    this.#prices = prices;
    this.#close = close;
  }

  async startRuns(inputs: readonly RunAgentInput[]): Promise<RunIdentifier[]> {
    if (!Array.isArray(inputs)) throw new ConfigurationError('inputs', 'is no list.', { fix: 'Give a list.' });
    for (const [index, input] of inputs.entries()) checkRequest(`inputs[${index}]`, input as RunAgentInput);
    return await startAll(this.perdure, inputs);
  }

  async signalRun(id: RunIdentifier, signalName: string, payload?: Json): Promise<void> {
    await typed(() => this.perdure.run(id).signal(signalName, payload));
  }

  async queryRun<Answer = Json>(id: RunIdentifier, queryName: string, ...args: readonly Json[]): Promise<Answer> {
    return (await typed(() => this.perdure.run(id).query(queryName, ...args))) as Answer;
  }

  async *streamRunEvents(
    id: RunIdentifier,
    { from, signal }: StreamOptions = {},
  ): AsyncGenerator<RunEvent, void, undefined> {
    const options = { ...(from === undefined ? {} : { from }), ...(signal === undefined ? {} : { signal }) };
    try {
      yield* this.perdure.run(id).events(options);
    } catch (error) {
      throw signal?.aborted === true ? error : failureOf(error);
    }
  }

  async getRunHistory(id: RunIdentifier): Promise<readonly Step[]> {
    return await typed(() => this.perdure.run(id).steps());
  }

  async cancelRun(id: RunIdentifier, reason?: string): Promise<void> {
    await typed(() => this.perdure.run(id).cancel(reason === undefined ? {} : { reason }));
  }

  async getEngineHealth(): Promise<EngineHealth> {
    return await this.perdure.engine.health();
  }

  async getRunMetrics(id: RunIdentifier): Promise<RunMetrics> {
    const prices = this.#prices;
    return await typed(() => this.perdure.run(id).metrics(prices === undefined ? {} : { prices }));
  }

  async getEngineInfo(): Promise<EngineInfo> {
    return await typed(() => this.perdure.engine.info());
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

/** With errors of this package instead of those of the official client. */
async function typed<Data>(work: () => Promise<Data>): Promise<Data> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(error);
  }
}

import type { Outcome } from '../client/result.ts';
import type { Perdure } from '../client/perdure.ts';
import type { RunInfo, RunStatus } from '../client/status.ts';
import type { Step } from '../client/inspect/types.ts';
import { RunNotFoundError } from '../client/errors.ts';
import { ConfigurationError } from '../engine/index.ts';
import type { Json } from '../workflow/protocol/index.ts';
import { type Result, resultOf } from './failures.ts';
import { checkRequest, type RunAgentInput, type RunIdentifier, startRequest } from './requests.ts';
import { type AdapterSource, type Opened, openSource } from './source.ts';

/** Which runs are wanted. */
export interface ListRunsOptions {
  /** Any of these. Default: all. */
  readonly status?: readonly RunStatus[];
  /** How many at most, newest first: 1 to 1000. Default: 100. */
  readonly limit?: number;
  /** How many to leave out first; all of them are read, so `perdure.listRuns` with its cursor is the better way through many. Default: 0. */
  readonly offset?: number;
}

/** Something that is told to a run. */
export interface RunSignal {
  /** Of a workflow of one's own, or one that agents take, such as `userInput`. */
  readonly name: string;
  /** What it says. Default: nothing. */
  readonly payload?: Json;
}

/** Something that a run is asked. */
export interface RunQuery {
  /** Of a workflow of one's own, or one that agents answer: `pending` and `spent`. */
  readonly name: string;
  /** Its arguments, in order. Default: none. */
  readonly args?: readonly Json[];
}

/** What an agent came to. */
export interface AgentExecutionResult extends Outcome {
  /** The run that came to it. */
  readonly runId: RunIdentifier;
}

/**
 * Runs of agents on any engine, for programs that look at what came of a call instead of catching errors: every method resolves with a `Result`, and
 * rejects only for mistakes in code.
 */
export interface ExecutionEngine {
  /** Starts a run. Fails with `RUN_EXISTS`, `CONFIGURATION`, `ENGINE_UNAVAILABLE`; once the error names a `runId` of your own, look whether it is there. */
  startRun(request: RunAgentInput): Promise<Result<RunInfo>>;
  /** Starts a run and waits until it has ended. Fails with how it ended (`RUN_FAILED`, `RUN_CANCELLED`, …) or as `startRun`. */
  executeAgent(request: RunAgentInput): Promise<Result<AgentExecutionResult>>;
  /** What is known of a run; `null` when there is none. Needs no worker. */
  getRun(runId: RunIdentifier): Promise<Result<RunInfo | null>>;
  /** Runs that were started as such, newest first. Lists may lag behind a little. */
  listRuns(options?: ListRunsOptions): Promise<Result<readonly RunInfo[]>>;
  /** Tells a run something. Needs no worker. Fails with `RUN_NOT_FOUND`, `RUN_ENDED`, `CONFIGURATION`. */
  sendSignal(runId: RunIdentifier, signal: RunSignal): Promise<Result<void>>;
  /** Asks a run something. Needs a worker. Fails with `QUERY_UNKNOWN`, `QUERY_FAILED`, `RUN_PAUSED`, `NO_WORKER`. @typeParam Answer what it answers. */
  queryWorkflow<Answer = Json>(runId: RunIdentifier, query: RunQuery): Promise<Result<Answer>>;
  /** Asks a run to end in order. One that has ended stays as it is. */
  cancelRun(runId: RunIdentifier, reason?: string): Promise<Result<void>>;
  /** What a run did, in order. Needs no worker. */
  getExecutionHistory(runId: RunIdentifier): Promise<Result<readonly Step[]>>;
  /** The client behind it, for all else: events, answers to waits, and the engine that a worker of this process may share. */
  readonly perdure: Perdure;
  /** Lets go of what it has opened. Runs go on. */
  close(): Promise<void>;
}

/**
 * Opens an engine by its configuration, or takes a client, and offers its runs by results.
 * @throws ConfigurationError before anything is connected; EngineUnavailableError.
 * @example
 * const engine = await createExecutionEngine({ type: 'temporal', config: { connection: { address: 'localhost:7233' } } });
 * const started = await engine.startRun({ agentName: 'support', input: 'Where is my order 1042?' });
 */
export async function createExecutionEngine(source: AdapterSource): Promise<ExecutionEngine> {
  return new ClientExecutionEngine(await openSource(source));
}

class ClientExecutionEngine implements ExecutionEngine {
  readonly perdure: Perdure;
  readonly #close: () => Promise<void>;

  constructor({ perdure, close }: Opened) {
    this.perdure = perdure;
    this.#close = close;
  }

  async startRun(request: RunAgentInput): Promise<Result<RunInfo>> {
    return await resultOf(async () => {
      checkRequest('', request);
      return await (await startRequest(this.perdure, request)).describe();
    });
  }

  async executeAgent(request: RunAgentInput): Promise<Result<AgentExecutionResult>> {
    return await resultOf(async () => {
      checkRequest('', request);
      const run = await startRequest(this.perdure, request);
      return { runId: run.id, ...(await run.outcome()) };
    });
  }

  async getRun(runId: RunIdentifier): Promise<Result<RunInfo | null>> {
    return await resultOf(async () => {
      try {
        return await this.perdure.run(runId).describe();
      } catch (error) {
        if (RunNotFoundError.is(error)) return null;
        throw error;
      }
    });
  }

  async listRuns(options: ListRunsOptions = {}): Promise<Result<readonly RunInfo[]>> {
    return await resultOf(() => listByOffset(this.perdure, options));
  }

  async sendSignal(runId: RunIdentifier, signal: RunSignal): Promise<Result<void>> {
    return await resultOf(async () => {
      const { name, payload } = messageOf(signal, 'signal');
      await this.perdure.run(runId).signal(name, payload);
    });
  }

  async queryWorkflow<Answer = Json>(runId: RunIdentifier, query: RunQuery): Promise<Result<Answer>> {
    return await resultOf(async () => {
      const { name, args = [] } = messageOf(query, 'query');
      if (!Array.isArray(args)) throw new ConfigurationError('query.args', 'is no list.', { fix: 'Give a list.' });
      return (await this.perdure.run(runId).query(name, ...args)) as Answer;
    });
  }

  async cancelRun(runId: RunIdentifier, reason?: string): Promise<Result<void>> {
    return await resultOf(() => this.perdure.run(runId).cancel(reason === undefined ? {} : { reason }));
  }

  async getExecutionHistory(runId: RunIdentifier): Promise<Result<readonly Step[]>> {
    return await resultOf(() => this.perdure.run(runId).steps());
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

function messageOf<Message extends RunSignal | RunQuery>(message: Message, path: string): Message {
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message;
  throw new ConfigurationError(path, 'is no object.', { fix: 'Give an object with its `name`.' });
}

/** The most that an engine is asked for at once. */
const PAGE = 1000;

async function listByOffset(perdure: Perdure, options: ListRunsOptions): Promise<readonly RunInfo[]> {
  const { status, limit = 100, offset = 0 } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE)
    throw new ConfigurationError('limit', `${String(limit)} is no number of runs.`, { fix: `Give 1 to ${PAGE}.` });
  if (!Number.isInteger(offset) || offset < 0)
    throw new ConfigurationError('offset', `${String(offset)} is no number of runs.`, { fix: 'Give 0 or more.' });
  const found: RunInfo[] = [];
  let left = offset;
  let cursor: string | undefined;
  do {
    const wanted = Math.min(PAGE, left + limit - found.length);
    const page = await perdure.listRuns({
      limit: wanted,
      ...(status === undefined ? {} : { status }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.runs.slice(left));
    left = Math.max(0, left - page.runs.length);
    ({ cursor } = page);
  } while (cursor !== undefined && found.length < limit);
  return found.slice(0, limit);
}

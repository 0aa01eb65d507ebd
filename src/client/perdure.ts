import type { Client } from '@temporalio/client';
import { InvalidCompletionTokenError, readCompletionToken } from '../agent/completion-token.ts';
import type { InputOf, OutputOf } from '../agent/inference.ts';
import type { AnyAgent } from '../agent/types.ts';
import { ConfigurationError, type Engine } from '../engine/index.ts';
import type { Wait } from '../workflow/protocol/index.ts';
import { type AnswerOptions, giveAnswer } from './answers.ts';
import type { ClientContext } from './context.ts';
import { AnswerRefusedError } from './errors.ts';
import { listRuns, type RunPage, type RunsOptions } from './inspect/list-runs.ts';
import { outcomeOf, Run, type ToolResult } from './run.ts';
import { listRows } from './list-rows.ts';
import { checkId } from './sendable.ts';
import { type StartOptions, startRun } from './start.ts';
import { runInfo } from './status.ts';
import { quoted } from './tree.ts';

/** How far to look for what is waited for. */
export interface PendingOptions {
  /** How many open runs are looked through at most, newest first. Default: 1000. */
  readonly limit?: number;
  /** What the ids of the runs begin with, such as a tenant's name. Default: anything. */
  readonly idPrefix?: string;
}

/** A wait, and the run that answers for it are given to. */
export interface PendingWait {
  /** The run at the root, whose `reply`, `approve`, … answer it. */
  readonly runId: string;
  /** What is waited for. */
  readonly wait: Wait;
}

/** What a client is made of. */
export interface PerdureParts {
  readonly engine: Engine;
  readonly context: ClientContext;
  /** Lets go of what was opened for this client alone. */
  readonly release: () => Promise<void>;
}

/** Starts runs of agents and finds them again. It runs no agents itself: workers do. */
export class Perdure {
  /** The engine that it uses. */
  readonly engine: Engine;
  readonly #context: ClientContext;
  readonly #release: () => Promise<void>;

  /** @internal */
  constructor({ engine, context, release }: PerdureParts) {
    this.engine = engine;
    this.#context = context;
    this.#release = release;
  }

  /** The official client of the engine, for everything that Temporal offers beyond agents. */
  get client(): Client {
    return this.#context.client;
  }

  /**
   * Starts a run of an agent: given as it was defined, which types input and result, or by its name.
   * @throws RunExistsError, EngineUnavailableError; ConfigurationError for impossible ids and limits and for input that cannot be sent
   * @example
   * const run = await perdure.start(support, { input: 'Where is my order 1042?' });
   */
  async start<A extends AnyAgent>(agent: A, options: StartOptions<InputOf<A>>): Promise<Run<OutputOf<A>>>;
  async start(agent: string, options: StartOptions): Promise<Run>;
  async start(agent: AnyAgent | string, options: StartOptions<unknown>): Promise<Run<unknown>> {
    const name = typeof agent === 'string' ? agent : agent.name;
    return new Run(this.#context, await startRun(this.#context, name, options));
  }

  /**
   * The run of an id, for whatever can be done with it. Asks nobody whether there is one.
   * @param agent types the result.
   * @throws ConfigurationError when the id is empty.
   */
  run<A extends AnyAgent>(id: string, agent: A): Run<OutputOf<A>>;
  run(id: string): Run;
  run(id: string, ..._agent: readonly AnyAgent[]): Run<unknown> {
    checkId(id, 'id');
    return new Run(this.#context, { workflowId: id });
  }

  /**
   * Runs that were started as such, and not by other runs: newest first, page by page. A workflow id that was used several times is listed as often. Lists may
   * lag behind a little.
   * @throws EngineUnavailableError; ConfigurationError for impossible options, such as a cursor that no list has given out.
   * @example
   * const { runs, cursor } = await perdure.listRuns({ status: ['failed', 'timed_out'], limit: 20 });
   */
  async listRuns(options: RunsOptions = {}): Promise<RunPage> {
    return await listRuns(this.client, options);
  }

  /**
   * What all running runs wait for, those of authors' own workflows included, oldest first; paused ones take no answers. Needs no worker. Lists may lag behind a little.
   * @throws EngineUnavailableError
   */
  async pending({ limit = 1000, idPrefix = '' }: PendingOptions = {}): Promise<readonly PendingWait[]> {
    const pending: PendingWait[] = [];
    const prefix = idPrefix === '' ? '' : ` AND WorkflowId STARTS_WITH ${quoted(idPrefix)}`;
    let seen = 0;
    for await (const info of listRows(this.client, { query: `ExecutionStatus = 'Running'${prefix}` })) {
      if (++seen > limit) break;
      if (!info.workflowId.startsWith(idPrefix)) continue;
      pending.push(...runInfo(info).waits.map((wait) => ({ runId: info.workflowId, wait })));
    }
    return pending.toSorted((a, b) => a.wait.openedAt.localeCompare(b.wait.openedAt));
  }

  /**
   * Brings the result of an async tool call to whichever run its completion token is of. Doing so twice with the same result does no harm.
   * @throws AnswerRefusedError with the reason `bad_token` when the token is not what the tool was given; otherwise as `Run.reply`.
   * @throws ConfigurationError when this process has no secret to check tokens with.
   */
  async completeTool(token: string, result: ToolResult, options: AnswerOptions = {}): Promise<void> {
    const { workflowId, runId, waitId } = this.#readToken(token);
    const run = { workflowId, ...(runId === undefined ? {} : { firstRunId: runId }) };
    await giveAnswer(this.#context, run, { ...options, kind: 'tool', waitId, outcome: outcomeOf(workflowId, result) });
  }

  /** Lets go of what `connect` has opened. Runs go on. */
  async close(): Promise<void> {
    await this.#release();
  }

  #readToken(token: string): ReturnType<typeof readCompletionToken> {
    const secret = this.#context.secret();
    if (secret === undefined) {
      throw new ConfigurationError('secret', 'is missing, so completion tokens cannot be checked.', {
        fix: 'Pass `secret` to connect() or set PERDURE_SECRET, the same as for the worker.',
      });
    }
    try {
      return readCompletionToken(token, secret);
    } catch (error) {
      if (!InvalidCompletionTokenError.is(error)) throw error;
      throw new AnswerRefusedError('', 'bad_token', error.message, { cause: error });
    }
  }
}

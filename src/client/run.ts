import { readConversation } from '../agent/conversation/read-conversation.ts';
import { parseTime } from '../agent/time.ts';
import type { Time } from '../agent/types.ts';
import {
  AGENT_WORKFLOW,
  CANCEL_RUN,
  type Json,
  type Message,
  STEER,
  type UserContent,
  type Wait,
  type WaitOutcome,
} from '../workflow/protocol/index.ts';
import { abortTree } from './abort.ts';
import { type AnswerOptions, giveAnswer, type WaitChoice } from './answers.ts';
import { type ClientContext, isNotFound, type RunReference, toRunError, translated } from './context.ts';
import { AnswerRefusedError, RunEndedError } from './errors.ts';
import type { RunEvent, TokenEvent } from './events/event.ts';
import { type EventsOptions, streamEvents } from './events/stream.ts';
import { historyJson } from './inspect/history-json.ts';
import { measureRun } from './inspect/metrics.ts';
import { queryRun } from './inspect/query.ts';
import { readSteps } from './inspect/read-steps.ts';
import { plainTree, readTree } from './inspect/tree.ts';
import type {
  HistoryOptions,
  HistoryPage,
  MetricsOptions,
  RunMetrics,
  RunTree,
  Step,
  TreeOptions,
} from './inspect/types.ts';
import { isPaused, pauseTree, resumeTree } from './pause.ts';
import { awaitOutcome, type Outcome } from './result.ts';
import { checkContent, checkId, checkJson, emptiness, tooLarge } from './sendable.ts';
import { type RunInfo, runInfo } from './status.ts';

/** What came of an async tool call: what it returned, or why it failed, as the model is told. */
export type ToolResult =
  | {
      /** What it returned. */
      readonly result: Json;
    }
  | {
      /** Why it failed. */
      readonly error: string;
    };

/** How a run is to be cancelled. */
export interface CancelOptions {
  /** For whoever reads the history. */
  readonly reason?: string;
  /** How long cleaning up may take, compensations included. Default: a minute. */
  readonly deadline?: Time;
}

/** How a run is to be paused. */
export interface PauseOptions {
  /** For whoever reads the history. */
  readonly reason?: string;
}

/** A decision about something that an agent wants to do. */
export interface DecisionOptions extends WaitChoice, AnswerOptions {
  /** Why, as the agent is told. */
  readonly reason?: string;
  /** Who decides: recorded with the decision, in history and in the event `wait_answered`. */
  readonly by?: string;
}

/**
 * One run of an agent, or of an author's own workflow. It is a name for the run, not a connection: any number of processes may hold one and use it
 * at the same time.
 * @typeParam Output what the run comes to.
 */
export class Run<Output = Json> {
  /** Names the run on its engine: the workflow id. */
  readonly id: string;
  readonly #context: ClientContext;
  readonly #run: RunReference;
  #type: string | undefined;

  /** @internal */
  constructor(context: ClientContext, run: RunReference) {
    this.id = run.workflowId;
    this.#context = context;
    this.#run = run;
  }

  /**
   * What happens in the run, from its beginning or after the event `from`, until it has ended; also of a run that has ended long ago. Ends when
   * the reader stops reading, and leaves nothing behind.
   * @throws RunNotFoundError, EngineUnavailableError; ConfigurationError when `from` is no id of an event of this run; the signal's reason when it aborts.
   * @example
   * for await (const event of run.events()) if (event.type === 'tool_started') show(event.toolName);
   */
  events(options: EventsOptions & { readonly tokens: true }): AsyncGenerator<RunEvent | TokenEvent, void, undefined>;
  events(options?: EventsOptions & { readonly tokens?: false }): AsyncGenerator<RunEvent, void, undefined>;
  events(options: EventsOptions = {}): AsyncGenerator<RunEvent | TokenEvent, void, undefined> {
    return streamEvents(this.#context, this.#run, options);
  }

  /**
   * Answers a question of the agent. Without a choice: the only one that is open.
   * @throws AnswerRefusedError, RunEndedError, RunPausedError, RunNotFoundError, NoWorkerError, EngineUnavailableError
   */
  async reply(content: UserContent, options: WaitChoice & AnswerOptions = {}): Promise<void> {
    const problem = emptiness(content);
    if (problem !== undefined) throw new AnswerRefusedError(this.id, 'invalid', `The answer ${problem} Say something.`);
    await this.#answer('input', { type: 'value', value: content as Json }, options);
  }

  /** Lets the agent do what it has asked for. Without a choice: the only thing that it asks for. @throws as `reply`. */
  async approve(options: DecisionOptions = {}): Promise<void> {
    await this.#decide(true, options);
  }

  /** Does not let the agent do what it has asked for. Without a choice: the only thing that it asks for. @throws as `reply`. */
  async reject(options: DecisionOptions = {}): Promise<void> {
    await this.#decide(false, options);
  }

  /**
   * Brings the result of an async tool call. Without a choice: of the only one that is open. Who has a completion token uses
   * `perdure.completeTool`.
   * @throws as `reply`.
   */
  async completeTool(result: ToolResult, options: WaitChoice & AnswerOptions = {}): Promise<void> {
    await this.#answer('tool', outcomeOf(this.id, result), options);
  }

  /**
   * Tells an author's own workflow what it waits for by `waitFor`. Without a choice: the only event that it waits for.
   * @throws as `reply`.
   */
  async provide(value: Json, options: WaitChoice & AnswerOptions = {}): Promise<void> {
    await this.#answer('event', { type: 'value', value }, options);
  }

  /**
   * What the run waits for, its sub-agents' waits included, oldest first. Needs no worker.
   * @throws RunNotFoundError, EngineUnavailableError
   */
  async pending(): Promise<readonly Wait[]> {
    return (await this.describe()).waits;
  }

  /**
   * Tells the agent something before its next step, without being asked. Needs no worker.
   * @throws RunEndedError, RunNotFoundError, EngineUnavailableError; ConfigurationError for content that is empty or cannot be sent.
   */
  async steer(content: UserContent): Promise<void> {
    checkContent(content, 'content');
    await this.#signal('content', STEER, content);
  }

  /**
   * Sends a signal, of the author's own workflow or one of those that agents take. Nobody says whether the run heeds it. Needs no worker.
   * @throws RunEndedError, RunNotFoundError, EngineUnavailableError; ConfigurationError for what is no name and for what cannot be sent.
   */
  async signal(name: string, payload?: Json): Promise<void> {
    checkId(name, 'name');
    checkJson(payload, 'payload');
    await this.#signal('payload', name, ...(payload === undefined ? [] : [payload]));
  }

  /**
   * Asks the run's workflow something that it answers without changing. Takes a worker, also for a run that has ended; waits up to 10 seconds.
   * @throws QueryUnknownError, QueryFailedError, RunPausedError, RunNotFoundError, NoWorkerError, EngineUnavailableError
   */
  async query(name: string, ...args: readonly Json[]): Promise<Json> {
    checkId(name, 'name');
    checkJson(args, 'args');
    return await queryRun(this.#context.client, this.id, { name, args });
  }

  /**
   * Asks the run to end in order: what it does is cancelled, what it did is undone where tools say how, and `result` then rejects with
   * RunCancelledError. Resolves once this is on its way. A paused run goes on for that. A run that has ended stays as it is.
   * @throws RunNotFoundError, EngineUnavailableError
   */
  async cancel({ reason, deadline }: CancelOptions = {}): Promise<void> {
    const { client } = this.#context;
    const request = {
      ...(reason === undefined ? {} : { reason }),
      ...(deadline === undefined ? {} : { deadline: parseTime(deadline, 'deadline') }),
    };
    try {
      if ((await this.#workflowType()) === AGENT_WORKFLOW) await this.#signal('reason', CANCEL_RUN, request);
      else await translated(this.id, () => this.#handle().cancel());
      if (await translated(this.id, () => isPaused(client, this.#run))) await resumeTree(client, this.#run);
    } catch (error) {
      if (!RunEndedError.is(error)) throw error;
    }
  }

  /**
   * Pauses the run and the runs of its sub-agents: what is under way may end, and whatever happens is recorded, but nothing is begun until `resume`. A paused run
   * stays as it is. Time goes on: also that of limits of duration, of timeouts and of what the run waits for. Needs no worker.
   * @throws RunEndedError, RunNotFoundError, EngineUnavailableError; PauseNotSupportedError on Temporal servers that cannot do that.
   */
  async pause({ reason = '' }: PauseOptions = {}): Promise<void> {
    await pauseTree(this.#context.client, this.#run, reason);
  }

  /**
   * Lets the run and the runs of its sub-agents go on. A run that is not paused stays as it is. Needs no worker.
   * @throws RunEndedError, RunNotFoundError, EngineUnavailableError; PauseNotSupportedError on Temporal servers that cannot do that.
   */
  async resume(): Promise<void> {
    await resumeTree(this.#context.client, this.#run);
  }

  /**
   * Ends the run and the runs of its sub-agents at once, without cleaning up: `result` then rejects with RunTerminatedError. Needs no worker. A run
   * that has ended stays as it is.
   * @throws RunNotFoundError, EngineUnavailableError
   */
  async abort(reason = 'aborted'): Promise<void> {
    await translated(this.id, () => abortTree(this.#context.client, this.#run, reason));
  }

  /**
   * Waits until the run has ended, and gives what it came to.
   * @throws RunFailedError, RunCancelledError, RunTerminatedError, RunTimedOutError, RunNotFoundError, EngineUnavailableError
   */
  async result(): Promise<Output> {
    return (await this.outcome()).output;
  }

  /** As `result`, with what the run has used, and whether a limit ended it. @throws as `result`. */
  async outcome(): Promise<Outcome<Output>> {
    // The agent's own schema has checked the output before the run completed with it.
    return (await awaitOutcome(this.#context, this.#run)) as Outcome<Output>;
  }

  /**
   * The conversation so far, from history. Needs no worker.
   * @throws RunNotFoundError, EngineUnavailableError; ConversationLostError when the history of an earlier run of the chain is gone.
   */
  async messages(): Promise<readonly Message[]> {
    const { client } = this.#context;
    return await translated(this.id, async () => {
      const { runId } = await client.workflow.getHandle(this.id).describe();
      const { messages } = await readConversation(client, { workflowId: this.id, runId });
      return messages;
    });
  }

  /**
   * What the run did and waited for, in the order of beginning; all runs of its chain, but not those of its sub-agents: `tree` leads to them. Needs no
   * worker.
   * @throws RunNotFoundError, EngineUnavailableError
   */
  async steps(): Promise<readonly Step[]> {
    const { drafts } = await readSteps(this.#context.client, this.#run, true);
    return drafts.map(({ step }) => step);
  }

  /**
   * How much the run did, how long it took, and what its models cost. Needs no worker.
   * @throws RunNotFoundError, EngineUnavailableError; ConfigurationError for impossible prices.
   * @example
   * const { cost } = await run.metrics({ prices: { 'openai/gpt-5': { input: 1.25, output: 10 } }, includeSubAgents: true });
   */
  async metrics(options: MetricsOptions = {}): Promise<RunMetrics> {
    return await measureRun(this.#context.client, this.#run, options);
  }

  /**
   * The run, and the runs of its sub-agents and other children, of all depths and closed ones included. Their histories are read, so a tree of many runs takes
   * its time. Needs no worker.
   * @throws RunNotFoundError, EngineUnavailableError; ConfigurationError for an impossible limit.
   */
  async tree(options: TreeOptions = {}): Promise<RunTree> {
    return plainTree(await readTree(this.#context.client, this.#run, options));
  }

  /**
   * The history of the run as Temporal's tools write it, page by page, from the beginning until now; all runs of its chain, one after the other.
   * Needs no worker.
   * @throws RunNotFoundError, EngineUnavailableError; the signal's reason when it aborts.
   */
  async *history({ signal }: HistoryOptions = {}): AsyncGenerator<HistoryPage, void, undefined> {
    yield* historyJson(this.#context.client, this.#run, signal ?? new AbortController().signal);
  }

  /** What is known of the run. Needs no worker. @throws RunNotFoundError, EngineUnavailableError */
  async describe(): Promise<RunInfo> {
    return runInfo(await translated(this.id, () => this.#context.client.workflow.getHandle(this.id).describe()));
  }

  async #answer(kind: Wait['kind'], outcome: WaitOutcome, options: WaitChoice & AnswerOptions): Promise<void> {
    await giveAnswer(this.#context, this.#run, { ...options, kind, outcome });
  }

  async #decide(approved: boolean, { reason, by, ...options }: DecisionOptions): Promise<void> {
    const value = {
      approved,
      ...(reason === undefined ? {} : { reason }),
      ...(by === undefined ? {} : { by }),
    };
    await this.#answer('approval', { type: 'value', value }, options);
  }

  #handle(): ReturnType<ClientContext['client']['workflow']['getHandle']> {
    const { workflowId, firstRunId } = this.#run;
    const options = firstRunId === undefined ? {} : { firstExecutionRunId: firstRunId };
    return this.#context.client.workflow.getHandle(workflowId, undefined, options);
  }

  async #signal(path: string, name: string, ...args: readonly unknown[]): Promise<void> {
    const { client } = this.#context;
    try {
      await client.workflow.getHandle(this.id).signal(name, ...args);
    } catch (error) {
      if (!isNotFound(error)) throw tooLarge(path, error) ?? toRunError(this.id, error);
      // The server does not tell apart what has ended and what never was.
      await translated(this.id, () => client.workflow.getHandle(this.id).describe());
      throw new RunEndedError(this.id, { cause: error });
    }
  }

  async #workflowType(): Promise<string> {
    const { client } = this.#context;
    this.#type ??= (await translated(this.id, () => client.workflow.getHandle(this.id).describe())).type;
    return this.#type;
  }
}

/** The outcome of a wait for an async tool. @throws AnswerRefusedError when it says neither. */
export function outcomeOf(runId: string, result: ToolResult): WaitOutcome {
  const { error, result: value } = (result ?? {}) as { readonly error?: unknown; readonly result?: unknown };
  if (value === undefined && typeof error !== 'string') {
    const message = 'It is { result } with JSON in it (null for nothing), or { error } with the reason as text.';
    throw new AnswerRefusedError(runId, 'invalid', `This is not the result of a tool. ${message}`);
  }
  return 'error' in result ? { type: 'error', message: result.error } : { type: 'value', value: result.result };
}

import type { Json, JsonObject, Spent, Usage } from '../../workflow/protocol/index.ts';
import type { EventFailure } from '../events/event.ts';
import type { RunInfo, RunStatus } from '../status.ts';

/** What a step is: of an agent `model`, `tool`, `agent` (a sub-agent) and `wait`; of an author's own workflow also `activity`, `workflow` (a child) and `timer`. */
export type StepKind = 'model' | 'tool' | 'agent' | 'wait' | 'activity' | 'workflow' | 'timer';

/** How a step is. `scheduled`: nobody has begun it, or it will be tried again. */
export type StepStatus = 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'timed_out';

/** Something that a run did or waited for, as its history tells it. */
export interface Step {
  /** `<run of the chain>.<event of its history>.<place>`: unique in the run, and later steps have greater ones (`compareStepIds`). */
  readonly id: string;
  /** What it is. */
  readonly kind: StepKind;
  /** Of the model (`provider/model`), tool, agent, activity or workflow; of a wait its kind; of a timer what it is for, or its id. */
  readonly name: string;
  /** Who did it, or who waits: the agent's name. Missing where no agent is at work. */
  readonly agent?: string;
  /** How it is. What its run left open when it ended counts as `cancelled`. */
  readonly status: StepStatus;
  /** How often it was begun; 0 when nobody has yet. */
  readonly attempts: number;
  /** When it was asked for; ISO 8601. */
  readonly scheduledAt: string;
  /** When its last attempt began; ISO 8601. */
  readonly startedAt?: string;
  /** When it ended; ISO 8601. */
  readonly endedAt?: string;
  /** From `scheduledAt` to `endedAt` in milliseconds: with all attempts, and the time until somebody took it. */
  readonly durationMs?: number;
  /** What it was given. Of activities and workflows of authors the list of arguments; of a wait its message, and the call that it is about; of a timer its milliseconds. Models: what was new for them. */
  readonly input?: Json;
  /** What came of it. Models: the message; tools: as the model is told. */
  readonly output?: Json;
  /** Why it failed; while it is tried again, why the last attempt did. */
  readonly error?: EventFailure;
  /** What it has used: of models, and of sub-agents that have ended, with all below them. */
  readonly usage?: Usage;
  /** The model as the provider names it: of model calls that were answered. */
  readonly model?: string;
  /** The call of the model that it answers: of tools, sub-agents and waits for them. */
  readonly toolCallId?: string;
  /** By which it is answered: of waits. */
  readonly waitId?: string;
  /** Of the child's run; of a wait, of the run that waits when it is another one. */
  readonly workflowId?: string;
}

/** What models cost, by the name that an agent's definition or the provider gives them: `provider/model`, or `model` alone. */
export type Prices = Readonly<Record<string, ModelPrice>>;

/** What a model costs, in USD for 1,000,000 tokens. */
export interface ModelPrice {
  /** Tokens that are read. */
  readonly input: number;
  /** Tokens that are written, those of reasoning included. */
  readonly output: number;
  /** Tokens that are read from a cache. Default: as `input`. */
  readonly cachedInput?: number;
}

/** What is to be measured. */
export interface MetricsOptions {
  /** By which the cost is calculated. Without: no cost. */
  readonly prices?: Prices;
  /**
   * Counts the steps, tokens and cost of all runs below it as well: their histories are read, too (as many as `tree` looks at). Default `false`:
   * `subAgents` then says what history says of them.
   */
  readonly includeSubAgents?: boolean;
}

/** What a run has cost. */
export interface RunCost {
  /** Of all calls of models that have a price. */
  readonly amount: number;
  /** In what. */
  readonly currency: 'USD';
  /** Models without a price whose calls are not in the amount; empty when it is complete. */
  readonly unpriced: readonly string[];
}

/** How much a run did, and how long it took. */
export interface RunMetrics {
  /** How it is. */
  readonly status: RunStatus;
  /** From its start to its end, or until now, in milliseconds; all runs of its chain. */
  readonly totalDuration: number;
  /** Milliseconds of that in which it was at work: steps other than waits and timers were under way. */
  readonly activeDuration: number;
  /** Steps of all kinds. */
  readonly stepCount: number;
  /** Calls of models. */
  readonly llmCallCount: number;
  /** Calls of tools. */
  readonly toolCallCount: number;
  /** Calls of sub-agents. */
  readonly agentCallCount: number;
  /** What the counted calls of models have used. */
  readonly tokens: Usage;
  /** What sub-agents that have ended have used, with all below them, as this run's history says. With `includeSubAgents` that is part of the numbers above. */
  readonly subAgents: Spent;
  /** What the counted calls of models cost. Missing without prices. */
  readonly cost?: RunCost;
  /** Set when runs below it were to be counted and could not: their histories are gone, or there are too many. */
  readonly incomplete?: true;
}

/** How much of a tree is looked at. */
export interface TreeOptions {
  /** How many runs at most, the root included, those nearer to it first. Default: 1000. */
  readonly limit?: number;
}

/** A run, and the runs that it has started. */
export interface RunTree {
  /** The run. */
  readonly run: RunInfo;
  /** Runs of its sub-agents and other children, in the order in which they were started. */
  readonly children: readonly RunTree[];
  /** Set when there are more than `limit` runs and children of this one were left out. */
  readonly truncated?: true;
}

/** How history is read. */
export interface HistoryOptions {
  /** Ends reading: it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A piece of a run's history. */
export interface HistoryPage {
  /** The run of the chain that it is of, as the engine names it. */
  readonly runId: string;
  /** Events as Temporal's tools write them (protobuf JSON): together `{ "events": […] }` of one run can be replayed. Payloads are as they are stored. */
  readonly events: readonly JsonObject[];
}

import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { InputOf, Needed, OutputOf } from '../../src/agent/inference.ts';
import type { AnyAgent } from '../../src/agent/types.ts';
import type { Perdure } from '../../src/client/perdure.ts';
import type { StartOptions } from '../../src/client/start.ts';
import type { OfficialOptions } from '../../src/worker/index.ts';
import type { CrashPoint } from '../crew/point.ts';
import type { TestEnvironment, TestEnvironmentOptions } from '../environment.ts';
import type { Implementation } from './activities.ts';
import type { Replacements } from './replace.ts';
import type { TestRun } from './test-run.ts';

/**
 * How a test of agents is set up.
 * @typeParam Agents the agents under test.
 */
export interface AgentTestOptions<Agents extends readonly AnyAgent[]> extends Replacements, TestEnvironmentOptions {
  /** The agents under test. Their sub-agents come with them. */
  readonly agents?: Agents;
  /** What tools read from `context.deps`; those of fake tools may be missing. */
  readonly deps?: Partial<Needed<Agents[number]>>;
  /** A file with workflows of one's own, beside the agents' loop: an absolute path, or one from the working directory. */
  readonly workflowsPath?: string;
  /** Activities of these workflows. */
  readonly activities?: object;
  /** Whether each run's history is replayed when the test ends. Default `true`. */
  readonly replay?: boolean;
  /** Further options of the official worker. With `maxCachedWorkflows: 0` it replays each run for every workflow task. */
  readonly workerOptions?: Partial<OfficialOptions>;
}

/** An engine in memory, a worker, and a client of both, for a test of agents and workflows. Any number of them may exist at once. */
export interface AgentTest extends AsyncDisposable {
  /** Starts runs, and finds them again. */
  readonly perdure: Perdure;
  /** The official client. */
  readonly client: Client;
  /** What all of it stands on. */
  readonly env: TestEnvironment;
  /** Where everything runs. */
  readonly taskQueue: string;

  /** Starts a run of an agent. @throws as `perdure.start`. */
  start<A extends AnyAgent>(agent: A, options: StartOptions<InputOf<A>>): Promise<TestRun<OutputOf<A>>>;
  /** The run of an id: of a sub-agent, or of a workflow that was started with `client`. */
  run(id: string): TestRun;

  /** Lets time pass: milliseconds, or text such as `'1 day'`. In tools, too. */
  sleep(time: Duration): Promise<void>;
  /** The time of this environment, in milliseconds since the epoch. */
  currentTimeMs(): Promise<number>;

  /**
   * Kills the worker right after it has got somewhere and that is recorded; another one takes over. Whatever comes next finds a worker that knows
   * only what history says.
   * @throws Error when it has got there already.
   * @example test.crashAfter('model 2');
   */
  crashAfter(point: CrashPoint): void;
  /**
   * Kills the worker when it has done something and nobody has heard of it yet; another one takes over. What was done is done again: a tool sees the
   * same `idempotencyKey`.
   * @throws Error when it was done already.
   * @example test.crashDuring('tool refund');
   */
  crashDuring(point: CrashPoint): void;
  /** Kills the worker where it is; another one takes over. */
  crash(): void;
  /** How many workers were killed. */
  readonly crashes: number;

  /**
   * Replaces activities of authors' own workflows, or adds some, from now on.
   * @example test.mockActivities<typeof activities>({ charge: async () => 'receipt' });
   */
  mockActivities<Activities extends object = Record<string, Implementation>>(mocks: Partial<Activities>): void;
  /**
   * Plays child workflows of a type, from now on: the function gets their arguments, and they end as it does. The type needs no code.
   * @example test.mockChild('chargeCustomer', async (customer: string) => `receipt for ${customer}`);
   */
  mockChild(workflowType: string, implementation: Implementation): void;

  /**
   * Ends everything: `await using` does it at the end of the test.
   * @throws Error with what went wrong and would go unnoticed: histories that do not replay, crashes that did not come, workflow code that failed, calls
   * for which a scripted model had no turn or a fake tool no value. With `perdure/testing/vitest`, vitest shows it beside the test's own failure.
   */
  teardown(): Promise<void>;
}

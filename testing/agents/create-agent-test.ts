import type { AnyAgent } from '../../src/agent/types.ts';
import { connect } from '../../src/client/connect.ts';
import { msToNumber } from '../../src/official.ts';
import { DEFAULT_TASK_QUEUE } from '../../src/workflow/protocol/index.ts';
import { report } from '../problems.ts';
import type { Implementation } from './activities.ts';
import type { AgentTest, AgentTestOptions } from './agent-test.ts';
import { Bed } from './bed.ts';
import { timeOf } from './pass-time.ts';
import { toTestRun } from './test-run.ts';

/**
 * Sets up a test of agents: an engine in memory whose time skips ahead while a result is awaited, a worker with the agents, and a client.
 * @throws ConfigurationError when a replacement fits nothing, or when an agent would call a real provider.
 * @example
 * await using test = await createAgentTest({ agents: [support], model: scriptedModel([say('Hello!')]) });
 * const run = await test.start(support, { input: 'Hi' });
 * await expect(run).toHaveCompletedWith('Hello!');
 */
export async function createAgentTest<const Agents extends readonly AnyAgent[] = readonly []>(
  options: AgentTestOptions<Agents>,
): Promise<AgentTest> {
  const bed = await Bed.open(options);
  const { env, crew, activities, clock } = bed;
  const perdure = await connect({ engine: env.engine, client: env.client });
  const passTime = timeOf(env);
  const unlock = (): (() => void) => clock.unlock();
  let ended: Promise<void> | undefined;
  const teardown = (): Promise<void> => (ended ??= bed.close().then(report));
  return {
    perdure,
    client: env.client,
    env,
    taskQueue: DEFAULT_TASK_QUEUE,
    get crashes() {
      return crew.crashes;
    },
    start: async (agent, startOptions) => toTestRun(await perdure.start(agent, startOptions), env, unlock),
    run: (id) => toTestRun(perdure.run(id), env, unlock),
    sleep: (time) => passTime(msToNumber(time)),
    currentTimeMs: () => env.currentTimeMs(),
    crashAfter: (point) => crew.crashAt(point, 'after'),
    crashDuring: (point) => crew.crashAt(point, 'before'),
    crash: () => crew.crash(),
    mockActivities: (mocks) => {
      for (const [type, mock] of Object.entries(mocks)) activities.mock(type, mock as Implementation);
    },
    mockChild: (type, implementation) => activities.mockWorkflow(type, implementation),
    teardown,
    [Symbol.asyncDispose]: teardown,
  };
}

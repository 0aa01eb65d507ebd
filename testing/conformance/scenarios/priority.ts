import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { gates } from '../support.ts';
import { callAll } from '../workflows/activities.ts';
import type { Call } from '../workflows/activities.ts';
import { tell } from '../workflows/basics.ts';

/** One task at a time, so that what waits goes in its order. */
const oneActivity = { maxConcurrentActivityTaskExecutions: 1, maxConcurrentActivityTaskPolls: 1 } as const;
const oneWorkflow = { maxConcurrentWorkflowTaskExecutions: 1, maxConcurrentWorkflowTaskPolls: 1 } as const;

/** What an activity is called, and the priority that it asks for. */
type Wanted = readonly [label: string, priorityKey: number | undefined];

/** Lets activities wait for a worker, and gives back their labels in the order in which they ran. */
async function orderOf(t: ScenarioContext, wanted: readonly Wanted[], workflowPriority?: number): Promise<string[]> {
  const ran: string[] = [];
  const taskQueue = `${t.taskQueue}-activities`;
  const calls = wanted.map(([label, priorityKey]): Call => ({
    type: 'note',
    args: [label],
    options: {
      taskQueue,
      startToCloseTimeout: '20s',
      ...(priorityKey === undefined ? {} : { priority: { priorityKey } }),
    },
  }));
  await t.startWorker();
  const priority = workflowPriority === undefined ? {} : { priority: { priorityKey: workflowPriority } };
  const handle = await t.start(callAll, { args: [calls], ...priority });
  await t.waitForEvent(handle, 'ActivityTaskScheduled', wanted.length);
  // A server writes what nobody takes to its backlog first.
  await t.sleep(300);
  const note = async (label: string): Promise<void> => void ran.push(label);
  await t.startWorker({ workflowBundle: undefined as never, taskQueue, activities: { note }, ...oneActivity });
  await handle.result();
  return ran;
}

const anyTasks = {
  history: { compare: 'none', reason: 'how many results share a task depends on the time' },
} as const;

/** Which of the tasks that wait comes first: by priority key, and within one in the order of their coming. */
export const priority: readonly Scenario[] = topic('priority', [
  scenario(
    'activities go by their priority keys, 1 first',
    async (t) => {
      const ran = await orderOf(t, [['d', 4], ['a', 1], ['e', 5], ['c', 3], ['b', 2]]); // prettier-ignore
      assert.deepEqual(ran, ['a', 'b', 'c', 'd', 'e']);
    },
    anyTasks,
  ),
  scenario(
    'what asks for no priority has 3',
    async (t) => {
      const ran = await orderOf(t, [['four', 4], ['none', undefined], ['two', 2]]); // prettier-ignore
      assert.deepEqual(ran, ['two', 'none', 'four']);
    },
    anyTasks,
  ),
  scenario(
    'activities inherit the priority of their workflow, and may ask for another',
    async (t) => {
      const ran = await orderOf(t, [['later', 5], ['default', 3], ['inherited', undefined]], 2); // prettier-ignore
      assert.deepEqual(ran, ['inherited', 'default', 'later']);
    },
    anyTasks,
  ),
  scenario(
    'keys beyond the last one count as the last one',
    async (t) => {
      const ran = await orderOf(t, [['nine', 9], ['four', 4], ['one', 1]]); // prettier-ignore
      assert.deepEqual(ran, ['one', 'four', 'nine']);
    },
    anyTasks,
  ),
  scenario('workflow tasks go by the priority of their runs', async (t) => {
    const { sinks, reported } = gates();
    const handles = [];
    for (const priorityKey of [5, 1, 3, 2, 4]) {
      handles.push(await t.start(tell, { args: [priorityKey], priority: { priorityKey } }));
    }
    await t.sleep(300);
    await t.startWorker({ sinks, maxCachedWorkflows: 0, ...oneWorkflow });
    await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(reported, [1, 2, 3, 4, 5]);
  }),
  scenario('tasks of one priority go in the order of their coming', async (t) => {
    const { sinks, reported } = gates();
    const handles = [];
    for (const [name, priorityKey] of [
      ['b1', 2],
      ['a1', 1],
      ['b2', 2],
      ['a2', 1],
      ['b3', 2],
      ['a3', 1],
    ] as const) {
      handles.push(await t.start(tell, { args: [name], priority: { priorityKey } }));
      // A server brings runs to their queue side by side.
      await t.sleep(100);
    }
    await t.sleep(200);
    await t.startWorker({ sinks, maxCachedWorkflows: 0, ...oneWorkflow });
    await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(reported, ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
  }),
]);

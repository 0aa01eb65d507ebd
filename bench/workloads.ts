import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { input, waiting, type fiveActivities, type threeChildren, type untilSignal } from './workflows/index.ts';

/** One run of a workload. Answers its latency in milliseconds, as the workload means it. */
export type Operation = () => Promise<number>;

/** The workloads that go through a client and a worker. */
export type ClientWorkload = '5-activities' | '3-children' | 'signal';

/** Every workload, and what its latency is. */
export const workloads: Readonly<
  Record<
    | ClientWorkload
    | 'signal-parked'
    | 'host'
    | 'cold-start-bundle'
    | 'cold-start-prebuilt'
    | 'agent'
    | 'first-token'
    | 'conversation'
    | 'redis-figures'
    | 'core-figures'
    | 'sqlite-figures',
    string
  >
> = {
  '5-activities': 'a workflow of five activities, from start to result',
  '3-children': 'a workflow of three children with an activity each, from start to result',
  signal: 'a workflow that waits, from the signal to its result (runs/s count starts and queries too)',
  'signal-parked': 'the same, of a run that has left memory; its worker has it in its cache',
  host: 'the activations of five activities, with no core around them',
  'cold-start-bundle': 'from the start of the process to the first result, with a workflow file to bundle',
  'cold-start-prebuilt': 'the same, with a bundle made before',
  agent: 'an agent of three model calls and two tools, from start to result',
  'first-token':
    "from a model's first word to whoever reads the events: in its process (memory), in another one (SQLite, a socket)",
  conversation: 'history of a long conversation, turn by turn',
  'sqlite-figures': 'commits, the disk and the event loop, runs that are parked, and the cost of a turn, on SQLite',
  'core-figures': 'memory of a run that waits, and the cost of a turn as a history grows',
  'redis-figures': 'what the engine on Redis costs Redis, and how long a killed worker is missed',
};

/** Name of a workload. */
export type Workload = keyof typeof workloads;

/** The workloads that are about agents. */
export const agentWorkloads: readonly Workload[] = ['agent', 'first-token', 'conversation'];

/** The workloads of a client whose worker listens on the task queue. */
export function clientOperations(client: Client, taskQueue: string): Readonly<Record<ClientWorkload, Operation>> {
  const start = (): { taskQueue: string; workflowId: string } => ({ taskQueue, workflowId: randomUUID() });
  return {
    '5-activities': () =>
      timed(() => client.workflow.execute<typeof fiveActivities>('fiveActivities', { ...start(), args: ['hi'] })),
    '3-children': () => timed(() => client.workflow.execute<typeof threeChildren>('threeChildren', start())),
    signal: async () => {
      const handle = await client.workflow.start<typeof untilSignal>('untilSignal', start());
      await handle.query(waiting);
      return timed(async () => {
        await handle.signal(input, 'go on');
        await handle.result();
      });
    },
  };
}

/** How long an operation takes, in milliseconds. */
export async function timed(operation: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await operation();
  return performance.now() - started;
}

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { HistoryAndWorkflowId, WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Worker, type WorkerOptions, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { createTestEnvironment, type WorkflowEnvironment } from 'perdure/testing';
import type {
  AgentActivities,
  AgentResult,
  AgentRunInput,
  ConversationItem,
  ToolOutput,
  Wait,
  WaitAnswer,
} from '../../../src/workflow/protocol/index.ts';
import { afterAll, beforeAll } from 'vitest';
import { quiet } from '../../conformance/targets/quiet.ts';
import { bundleOf } from '../../support/bundle.ts';
import { createFakes, type Asked, type Fakes, type FakeWorld } from './fakes.ts';

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The loop and the authors' workflows of these tests, bundled once per process. */
function testBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleOf(fileURLToPath(new URL('./workflows/index.ts', import.meta.url)));
  return bundle;
}

export type AgentHandle = WorkflowHandleWithFirstExecutionRunId<(input: AgentRunInput) => Promise<AgentResult>>;

/** Scripted activities, and what they were asked; the engine and the worker are shared by all worlds of a file. */
export interface World {
  readonly env: Env;
  readonly asked: Asked;
  start(input: Partial<AgentRunInput>): Promise<AgentHandle>;
  startWorkflow(type: string, args: unknown[]): Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** Runs to the end. */
  run(input: Partial<AgentRunInput>): Promise<AgentResult>;
  /** Waits, in real time, until so many waits are open at the run. */
  waitFor(handle: WorkflowHandle, count?: number): Promise<readonly Wait[]>;
  answer(handle: WorkflowHandle, answer: WaitAnswer): Promise<void>;
}

/** What tests use of where they run. */
export type Env = Pick<WorkflowEnvironment, 'client' | 'sleep' | 'currentTimeMs'>;

/** Where runs are, and workers of it. */
export interface Place {
  readonly env: Env;
  createWorker(options: WorkerOptions): Promise<Pick<Worker, 'run' | 'shutdown'>>;
  close(): Promise<void>;
}

/** An engine in memory with virtual time. */
async function memory(): Promise<Place> {
  const env = await createTestEnvironment();
  return { env, createWorker: (options) => env.createWorker(options), close: () => env.teardown() };
}

/** A place with a worker in it. */
interface Stage {
  readonly env: Env;
  readonly taskQueue: string;
  readonly worlds: Map<string, Fakes>;
  close(): Promise<void>;
}

const names: readonly (keyof AgentActivities)[] = [
  'agent.resolve',
  'agent.resolveTool',
  'agent.callModel',
  'agent.executeTool',
  'agent.needsApproval',
  'agent.compensateTool',
  'agent.checkChild',
];

async function createStage(options: Partial<WorkerOptions>, find: () => Promise<Place>): Promise<Stage> {
  quiet();
  const [workflowBundle, place] = await Promise.all([testBundle(), find()]);
  const worlds = new Map<string, Fakes>();
  const taskQueue = `agents-${randomUUID()}`;
  /** By the beginning of the workflow's id, which sub-agents share. */
  const route = (name: keyof AgentActivities) => async (input: never) => {
    const [id = ''] = (Context.current().info.workflowExecution?.workflowId ?? '').split('_');
    return await worlds.get(id)?.activities[name](input);
  };
  const activities = Object.fromEntries(names.map((name) => [name, route(name)]));
  const worker = await place.createWorker({
    taskQueue,
    workflowBundle,
    activities,
    shutdownForceTime: '1s',
    ...options,
  });
  const running = worker.run();
  return {
    env: place.env,
    taskQueue,
    worlds,
    close: async () => {
      worker.shutdown();
      await running;
      await place.close();
    },
  };
}

async function replayAll({ env: { client }, taskQueue }: Stage): Promise<void> {
  const histories: HistoryAndWorkflowId[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: `TaskQueue = '${taskQueue}'` }))
    histories.push({ workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() });
  if (histories.length === 0) throw new Error('Nothing ran.');
  const workflowBundle = await testBundle();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
    if (error) throw new Error(`The history of ${workflowId} does not replay: ${error.message}`, { cause: error });
}

/** Makes worlds on one stage. In the end, all histories of all of them are replayed by the official replayer. */
export function useWorlds(
  options: Partial<WorkerOptions> = {},
  find: () => Promise<Place> = memory,
): (fake: FakeWorld) => Promise<World> {
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await createStage(options, find);
  });
  afterAll(async () => {
    if (stage) await replayAll(stage).finally(stage.close);
  });
  return async (fake) => {
    if (!stage) throw new Error('The stage is not set.');
    return createWorld(stage, fake);
  };
}

function createWorld({ env, taskQueue, worlds }: Stage, fake: FakeWorld): World {
  const { client } = env;
  const id = randomUUID();
  const fakes = createFakes(fake);
  worlds.set(id, fakes);
  const startWorkflow: World['startWorkflow'] = (type, args) =>
    client.workflow.start(type, { taskQueue, workflowId: `${id}_${randomUUID()}`, args });
  const start: World['start'] = async (input) =>
    (await startWorkflow('perdureAgent', [{ agent: 'main', input: 'Hello', ...input }])) as AgentHandle;
  return {
    env,
    asked: fakes.asked,
    start,
    startWorkflow,
    run: async (input) => await (await start(input)).result(),
    waitFor: async (handle, count = 1) =>
      await until(async () => {
        const open = await handle.query<readonly Wait[]>('pending');
        return open.length >= count ? open : undefined;
      }),
    answer: async (handle, answer) => void (await handle.executeUpdate('answerWait', { args: [answer] })),
  };
}

/** An element that has to be there. */
export function nth<T>(list: readonly T[], index: number): T {
  const element = list.at(index);
  if (element === undefined) throw new Error(`There is no element ${index} among ${list.length}.`);
  return element;
}

/** Asks again until there is an answer. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What a delta tells the model of its calls: by id, the output or where it stands. */
export function toldOf(delta: readonly ConversationItem[]): Record<string, ToolOutput | string> {
  const told: Record<string, ToolOutput | string> = {};
  for (const item of delta) {
    if (item.type === 'tool') told[item.toolCallId] = `activity ${item.activityId}`;
    else if (item.type === 'agent') told[item.toolCallId] = `run ${item.workflowId}`;
    else if (item.message.role === 'tool') for (const part of item.message.content) told[part.toolCallId] = part.output;
  }
  return told;
}

/** Text that a delta says as the user. */
export function saidOf(delta: readonly ConversationItem[]): string[] {
  return delta.flatMap((item) =>
    item.type === 'message' && item.message.role === 'user'
      ? item.message.content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
      : [],
  );
}

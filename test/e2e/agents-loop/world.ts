import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import {
  bundleWorkflowCode,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import type {
  AgentResult,
  AgentRunInput,
  ConversationItem,
  ToolOutput,
  Wait,
  WaitAnswer,
} from '../../../src/workflow/protocol/index.ts';
import { afterEach } from 'vitest';
import { createFakes, type Asked, type FakeWorld } from './fakes.ts';

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The loop and the authors' workflows of these tests, bundled once per process. */
export function testBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
    logger: silent,
  });
  return bundle;
}

export type AgentHandle = WorkflowHandle<(input: AgentRunInput) => Promise<AgentResult>>;

/** An engine in memory with virtual time, a worker with scripted activities, and what they were asked. */
export interface World {
  readonly env: TestEnvironment;
  readonly asked: Asked;
  start(input: Partial<AgentRunInput>, workflowId?: string): Promise<AgentHandle>;
  startWorkflow(type: string, args: unknown[], workflowId?: string): Promise<WorkflowHandle>;
  /** Runs to the end. */
  run(input: Partial<AgentRunInput>): Promise<AgentResult>;
  /** Waits, in real time, until a wait of this kind is open at the run. */
  waitFor(handle: WorkflowHandle, count?: number): Promise<readonly Wait[]>;
  answer(handle: WorkflowHandle, answer: WaitAnswer): Promise<void>;
  /** Replays all histories of this world with the official replayer. */
  replayAll(): Promise<number>;
  close(): Promise<void>;
}

Runtime.install({ logger: silent });

export async function createWorld(fake: FakeWorld, options: Partial<WorkerOptions> = {}): Promise<World> {
  const workflowBundle = await testBundle();
  const env = await createTestEnvironment();
  const { activities, asked } = createFakes(fake);
  const worker = await env.createWorker({
    taskQueue: 'agents',
    workflowBundle,
    activities,
    shutdownForceTime: '1s',
    ...options,
  });
  const running = worker.run();
  const { client } = env;
  const startWorkflow: World['startWorkflow'] = (type, args, workflowId = randomUUID()) =>
    client.workflow.start(type, { taskQueue: 'agents', workflowId, args });
  const start: World['start'] = async (input, workflowId) =>
    (await startWorkflow('perdureAgent', [{ agent: 'main', input: 'Hello', ...input }], workflowId)) as AgentHandle;
  const world: World = {
    env,
    asked,
    start,
    startWorkflow,
    run: async (input) => await (await start(input)).result(),
    waitFor: async (handle, count = 1) =>
      await until(async () => {
        const open = await handle.query<readonly Wait[]>('pending');
        return open.length >= count ? open : undefined;
      }),
    answer: async (handle, answer) => void (await handle.executeUpdate('answerWait', { args: [answer] })),
    replayAll: async () => {
      const runs: { workflowId: string; runId: string }[] = [];
      for await (const { workflowId, runId } of client.workflow.list()) runs.push({ workflowId, runId });
      for (const { workflowId, runId } of runs)
        await Worker.runReplayHistory(
          { workflowBundle },
          await client.workflow.getHandle(workflowId, runId).fetchHistory(),
          workflowId,
        );
      return runs.length;
    },
    close: async () => {
      worker.shutdown();
      await running;
      await env.teardown();
    },
  };
  return world;
}

/** Makes worlds. After each test, all histories of its worlds are replayed by the official replayer. */
export function useWorlds(options: Partial<WorkerOptions> = {}): (fake: FakeWorld) => Promise<World> {
  const worlds: World[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) {
      const replayed = await world.replayAll().finally(() => world.close());
      if (replayed === 0) throw new Error('Nothing ran in this world.');
    }
  });
  return async (fake) => {
    const world = await createWorld(fake, options);
    worlds.push(world);
    return world;
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

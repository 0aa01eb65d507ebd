import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkflowHost, isReplayRequest, type WorkflowHostOptions } from '../../src/host/host.ts';
import {
  ThreadedVMWorkflowCreator,
  type WorkflowBundleWithSourceMapAndFilename,
  type WorkflowCreator,
} from '../../src/official.ts';
import { bundleFixtures, commandsOf, DrivenRun, resultOf, TEST_TIME, WORKFLOWS_PATH } from './driver.ts';

const { WorkflowActivationCompletion } = proto.coresdk.workflow_completion;

let bundle: WorkflowBundleWithSourceMapAndFilename;
let host: WorkflowCreator;
let official: WorkflowCreator;
const others: WorkflowCreator[] = [];

async function another(options: WorkflowHostOptions): Promise<WorkflowCreator> {
  const created = await createWorkflowHost(bundle, { threads: 1, ...options });
  others.push(created);
  return created;
}

beforeAll(async () => {
  bundle = await bundleFixtures();
  host = await createWorkflowHost(bundle, { threads: 1 });
  official = await ThreadedVMWorkflowCreator.create({
    workflowBundle: bundle,
    threadPoolSize: 1,
    isolateExecutionTimeoutMs: 5000,
    reuseV8Context: true,
    registeredActivityNames: new Set(),
    logger: new DefaultLogger('ERROR'),
  });
});
afterAll(() => Promise.all([host, official, ...others].map((creator) => creator.destroy())));

describe('as the official host', () => {
  it.each(['deterministic', 'sleeper', 'fail', 'fiveActivities', 'patchedRun', 'rejectUnhandled'])(
    'answers the first activation of %s',
    async (type) => {
      const answers = [];
      for (const creator of [official, host]) {
        const run = await DrivenRun.create(creator, type, type === 'deterministic' ? [true] : ['in'], 'same-run');
        answers.push(WorkflowActivationCompletion.toObject(WorkflowActivationCompletion.fromObject(await run.start())));
        await run.dispose();
      }
      expect(withoutHostFrames(answers[1])).toEqual(withoutHostFrames(answers[0]));
    },
  );

  it('hands sink calls over, with the info of the run', async () => {
    for (const creator of [official, host]) {
      const run = await DrivenRun.create(creator, 'callSinks', ['more']);
      await run.start();
      const calls = await run.sinkCalls();
      expect(calls.map(({ ifaceName, fnName }) => `${ifaceName}.${fnName}`)).toEqual([
        '__temporal_logger.debug',
        'journal.note',
        '__temporal_logger.info',
      ]);
      expect(calls[1]).toMatchObject({ args: ['hello', 'more'], workflowInfo: { runId: run.runId } });
      expect(calls[1]?.workflowInfo.unsafe.now()).toBeTypeOf('number');
      expect(await run.sinkCalls()).toEqual([]);
      await run.dispose();
    }
  });

  it('fails a task whose sink calls cannot travel, without harm to others', async () => {
    for (const creator of [official, host]) {
      const run = await DrivenRun.create(creator, 'callSinks', ['function']);
      const neighbour = await DrivenRun.create(creator, 'sleeper');
      const [completion, started] = await Promise.all([run.start(), neighbour.start()]);
      expect(commandsOf(completion)).toHaveLength(1);
      await expect(run.sinkCalls()).rejects.toThrow(/could not be cloned/);
      expect(commandsOf(started)).toHaveLength(1);
      await Promise.all([run.dispose(), neighbour.dispose()]);
    }
  });
});

it("points stack traces at the author's file", async () => {
  const run = await DrivenRun.create(host, 'fail');
  const failure = failureOf(await run.start());
  expect(failure?.message).toBe("from the author's file");
  const top = failure?.stackTrace?.split('\n')[1];
  expect(top).toMatch(/^ {4}at deepInside \(/);
  expect(top).toContain(`${WORKFLOWS_PATH}:`);
});

it('decides about patches on the main thread', async () => {
  const asked: [string, string][] = [];
  const asking = await another({
    patchActivationCallback: ({ workflowInfo, patchId }) => {
      asked.push([workflowInfo.runId, patchId]);
      return false;
    },
  });
  const run = await DrivenRun.create(asking, 'patchedRun');
  expect(resultOf(await run.start())).toBe(false);
  expect(asked).toEqual([[run.runId, 'a-patch']]);
  const failing = await another({
    patchActivationCallback: () => {
      throw new Error('cannot decide');
    },
  });
  const failed = await (await DrivenRun.create(failing, 'patchedRun')).start();
  expect(failed.failed?.failure?.message).toContain('cannot decide');
});

it.each([0, 1])('takes all time from the clock it is given (%i threads)', async (threads) => {
  let now = BigInt(TEST_TIME) * 1_000_000n;
  const timed = await another({ threads, getTimeOfDay: () => now });
  const run = await DrivenRun.create(timed, 'deterministic');
  expect(resultOf(await run.start())).toMatchObject({ unsafe: TEST_TIME });
  now += 5_000_000n;
  const logging = await DrivenRun.create(timed, 'callSinks');
  await logging.start();
  const [started] = await logging.sinkCalls();
  const attributes = started?.args[1] as Record<symbol, bigint> | undefined;
  expect(attributes === undefined).toBe(false);
  expect(started?.workflowInfo.unsafe.now()).toBe(TEST_TIME + 5);
});

describe('stack trace queries', () => {
  it('are answered in a thread with promise hooks, after a replay', async () => {
    const run = await DrivenRun.create(host, 'sleeper');
    await run.start();
    expect(isReplayRequest(await run.query('__stack_trace'))).toBe(true);
    await run.dispose();
    const replayed = await DrivenRun.create(host, 'sleeper', [], run.runId);
    await replayed.start();
    expect(answerOf(await replayed.query('__stack_trace'))).toContain(WORKFLOWS_PATH);
    expect(answerOf(await replayed.query('__enhanced_stack_trace'))).toMatchObject({ sdk: { name: 'typescript' } });
    expect(answerOf(await replayed.query('state'))).toBe(1);
  });

  it('are answered at once where hooks are always on', async () => {
    const run = await DrivenRun.create(await another({ stackTraces: true }), 'sleeper');
    await run.start();
    expect(answerOf(await run.query('__stack_trace'))).toContain(WORKFLOWS_PATH);
  });

  it('fail where hooks are off', async () => {
    const run = await DrivenRun.create(await another({ stackTraces: false }), 'sleeper');
    await run.start();
    const [command] = commandsOf(await run.query('__stack_trace'));
    expect(command?.respondToQuery?.failed?.message).toMatch(/not enabled/);
  });
});

type Completion = Awaited<ReturnType<DrivenRun['start']>>;

function answerOf(completion: Completion): unknown {
  const [command] = commandsOf(completion);
  const response = command?.respondToQuery?.succeeded?.response;
  return response == null ? undefined : defaultPayloadConverter.fromPayload(response);
}

function failureOf(completion: Completion): { message?: string | null; stackTrace?: string | null } | null | undefined {
  return completion.failed?.failure ?? commandsOf(completion)[0]?.failWorkflowExecution?.failure;
}

/** Only the frames of workflow code have to be the same: the host's own differ, and the official one quotes the bundle before the stack. */
function withoutHostFrames(value: unknown): unknown {
  const frames = (stack: string): string[] => stack.split('\n').filter((line) => line.includes(WORKFLOWS_PATH));
  const text = JSON.stringify(value, (key, inner: unknown) => (key === 'stackTrace' ? frames(String(inner)) : inner));
  return JSON.parse(text) as unknown;
}

import { defaultPayloadConverter } from '@temporalio/common';
import proto, { type coresdk } from '@temporalio/proto';
import { DefaultLogger } from '@temporalio/worker';
import Long from 'long';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkflowHost } from '../../src/host/host.ts';
import { ThreadedVMWorkflowCreator, type WorkflowCreator } from '../../src/official.ts';
import { bundleFixtures, DrivenRun } from './driver.ts';

const { WorkflowActivationCompletion } = proto.coresdk.workflow_completion;

type Activation = coresdk.workflow_activation.IWorkflowActivation;
type Job = coresdk.workflow_activation.IWorkflowActivationJob;

let creators: WorkflowCreator[];

beforeAll(async () => {
  const workflowBundle = await bundleFixtures();
  const official = await ThreadedVMWorkflowCreator.create({
    workflowBundle,
    threadPoolSize: 1,
    isolateExecutionTimeoutMs: 5000,
    reuseV8Context: true,
    registeredActivityNames: new Set(),
    logger: new DefaultLogger('ERROR'),
  });
  const threaded = await createWorkflowHost(workflowBundle, { threads: 1 });
  const inline = await createWorkflowHost(workflowBundle, { threads: 0 });
  creators = [official, threaded, inline];
});
afterAll(() => Promise.all(creators.map((creator) => creator.destroy())));

const payload = (value: unknown): ReturnType<typeof defaultPayloadConverter.toPayload>[] => [
  defaultPayloadConverter.toPayload(value),
];
const signal = (by: number): Job => ({ signalWorkflow: { signalName: 'bump', input: payload(by) } });
const fire = (seq: number): Job => ({ fireTimer: { seq } });
const update = (by: number): Job => ({
  doUpdate: {
    id: `u${by}`,
    protocolInstanceId: `p${by}`,
    name: 'add',
    input: payload(by),
    runValidator: true,
    meta: {},
  },
});
const query: Job = { queryWorkflow: { queryId: 'q', queryType: 'state', arguments: [] } };
const seed: Job = { updateRandomSeed: { randomnessSeed: Long.fromNumber(99) } };
const patch: Job = { notifyHasPatch: { patchId: 'first' } };
const cancel: Job = { cancelWorkflow: { reason: 'why' } };

const cases: [string, Job[], Activation, ...(readonly [Job[], Activation?])[]][] = [
  ['timers', [], {}, [[fire(2)]], [[fire(3)]], [[fire(4)]]],
  ['a signal with the start, and updates', [signal(3), update(1)], {}, [[update(-1)]], [[query]]],
  ['signals and a timer in one activation', [], {}, [[signal(4), fire(2), signal(5)]], [[fire(3)]]],
  [
    'signals before the others, in histories of old SDKs',
    [signal(1)],
    { isReplaying: true, availableInternalFlags: [] },
    [[fire(2), signal(4), signal(5)], { isReplaying: true, availableInternalFlags: [] }],
    [[fire(3)], { isReplaying: true, availableInternalFlags: [] }],
  ],
  ['a new seed', [seed], {}, [[fire(2), seed]], [[fire(4)], {}], [[cancel]]],
  ['a patch that is announced', [patch], { isReplaying: true }, [[fire(2)]]],
  ['a patch that is not there', [], { isReplaying: true }, [[fire(2)]]],
  ['cancellation', [], {}, [[cancel]], [[fire(4)]], [[query]]],
  ['a query among other jobs', [], {}, [[query, fire(2)]]],
  ['a timer that does not exist', [], {}, [[fire(99)]], [[fire(2)]]],
  ['an unknown signal and an unknown update', [], {}, [[{ signalWorkflow: { signalName: 'none', input: [] } }]]],
];

it.each(cases)('does as the official host: %s', async (_name, startJobs, startOptions, ...activations) => {
  const transcripts = [];
  for (const creator of creators) {
    const run = await DrivenRun.create(creator, 'busy', [], 'same-run');
    const answers = [await run.start(startJobs, startOptions)];
    for (const [jobs, options] of activations) answers.push(await run.activate(jobs, options));
    transcripts.push(answers.map((answer) => comparable(answer)));
    await run.dispose();
  }
  expect(transcripts[1]).toEqual(transcripts[0]);
  expect(transcripts[2]).toEqual(transcripts[0]);
});

/** Without stack traces, whose frames of the host itself differ. */
function comparable(completion: coresdk.workflow_completion.IWorkflowActivationCompletion): unknown {
  const plain = WorkflowActivationCompletion.toObject(WorkflowActivationCompletion.fromObject(completion));
  return JSON.parse(JSON.stringify(plain, (key, value: unknown) => (key === 'stackTrace' ? '' : value)));
}

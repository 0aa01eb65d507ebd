/** Entry of a workflow thread: one realm, fed by the main thread. */
import { loadNativeClock } from '../official-thread.ts';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import {
  makePatchActivationWorkflowInfoSnapshot,
  PATCH_ACTIVATION_CALLBACK_BUFFER_SIZE,
  waitForPatchActivationCallbackResult,
} from '../official-isolate.ts';
import { makeActivationTypes } from './activation-types.ts';
import { Executor } from './executor.ts';
import { type FromThread, type ReuseRequest, type ThreadSetup, type ToThread, toPlainError } from './messages.ts';
import { Realm } from './realm.ts';
import { installStackTraces } from './stack-traces.ts';
import { UnhandledRejectionError } from './unhandled-rejection-error.ts';
import type { WorkflowInfo } from '@temporalio/workflow';

if (parentPort === null) throw new Error('This module is the entry of a worker thread');
const port = parentPort;
// What it is for is said when all that every thread needs is loaded, or later.
const setup = await setupFrom(workerData as MessagePort);
const post = (message: FromThread): void => port.postMessage(message);

/** The main thread's time while a task runs; without a clock of the host, the native one. */
let time = 0n;
let nativeClock: (() => bigint) | undefined;

function getTimeOfDay(): bigint {
  if (setup.clockGiven) return time;
  nativeClock ??= loadNativeClock();
  return nativeClock();
}

async function setupFrom(channel: MessagePort): Promise<ThreadSetup> {
  const given = await new Promise<ThreadSetup>((resolve) => channel.once('message', resolve));
  channel.close();
  return given;
}

function askAboutPatch(info: WorkflowInfo, patchId: string): boolean {
  const resultBuffer = new SharedArrayBuffer(PATCH_ACTIVATION_CALLBACK_BUFFER_SIZE);
  const workflowInfo = makePatchActivationWorkflowInfoSnapshot(info);
  post({ kind: 'patch', workflowInfo, patchId, resultBuffer });
  return waitForPatchActivationCallbackResult(resultBuffer);
}

async function start(): Promise<{ realm: Realm; executor: Executor; reuse: (request: ReuseRequest) => void }> {
  const { bundle, registeredActivityNames, stackTraces, asksAboutPatches } = setup;
  await installStackTraces(bundle, stackTraces);
  const realm = new Realm({
    bundle,
    getTimeOfDay: setup.clockGiven ? getTimeOfDay : undefined,
    freezeOuter: true,
  });
  const runtime = {
    sourceMap: bundle.sourceMap,
    registeredActivityNames,
    getTimeOfDay,
    stackTracesEnabled: stackTraces,
    ...(asksAboutPatches ? { patchActivationCallback: askAboutPatch } : {}),
  };
  const executor = new Executor({
    realm,
    types: makeActivationTypes(setup.types),
    runtime,
    progress: new Int32Array(setup.progress),
    post,
    setTime: (given) => {
      time = given ?? 0n;
    },
  });
  const reuse = (request: ReuseRequest): void =>
    void (runtime.registeredActivityNames = request.registeredActivityNames);
  return { realm, executor, reuse };
}

try {
  const { realm, executor, reuse } = await start();
  process.on('unhandledRejection', (reason) => {
    if (!executor.blame(reason))
      throw new UnhandledRejectionError(
        `Unhandled Promise rejection outside of any Workflow: ${String(reason)}`,
        reason,
      );
  });
  port.on('message', (message: ToThread) => {
    if (message.kind === 'batch') return executor.accept(message);
    if (message.kind === 'reuse') return reuse(message);
    try {
      realm.call(undefined, 'destroy');
    } finally {
      post({ kind: 'closed' });
    }
  });
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'failed', error: toPlainError(error) });
  port.close();
}

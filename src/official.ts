/**
 * All deep imports of official packages, but for those of `official-isolate.ts` (what a workflow thread needs; it must stay light) and
 * `official-client.ts` (what clients need).
 *
 * Nothing here is a public contract of the SDK: `test/official.test.ts` fails, with the names, when one of them moves.
 */
import { createRequire } from 'node:module';
import coreBridge from '@temporalio/core-bridge';
import type { Logger } from '@temporalio/common';
import type { NativeConnection, ResourceBasedController, WorkerOptions } from '@temporalio/worker';
import type { Runtime } from '@temporalio/worker/lib/runtime.js';
import type { CompiledWorkerOptions, CompiledWorkerOptionsWithBuildId } from '@temporalio/worker/lib/worker-options.js';
import { type NativeReplayHandle, type NativeWorkerLike, Worker } from '@temporalio/worker/lib/worker.js';
import type { WorkflowCreator } from '@temporalio/worker/lib/workflow/interface.js';
import type { WorkflowBundleWithSourceMapAndFilename } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js';

export { msToNumber, msToTs } from '@temporalio/common/lib/time.js';
export { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js';
export { getGrpcStatusDetails, rethrowKnownErrorTypes } from '@temporalio/client/lib/helpers.js';
export { extractNativeClient, extractReferenceHolders } from '@temporalio/worker/lib/connection.js';
export { NativeWorker, parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
export {
  completePatchActivationCallback,
  invokePatchActivationCallback,
  invokePatchActivationCallbackWithSnapshot,
  writePatchActivationCallbackError,
  writePatchActivationCallbackResult,
} from '@temporalio/worker/lib/workflow/patch-activation-callback.js';
export type { Runtime } from '@temporalio/worker/lib/runtime.js';
export { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
export { ThreadedVMWorkflowCreator } from '@temporalio/worker/lib/workflow/threaded-vm.js';
export { toNativeWorkerOptions } from '@temporalio/worker/lib/worker-options.js';
export { createUnsafeRandomSource } from '@temporalio/workflow/lib/random-helpers.js';
export type { PatchActivationCallback } from '@temporalio/worker';
export type { Workflow, WorkflowCreator } from '@temporalio/worker/lib/workflow/interface.js';
export type { CompiledWorkerOptions, CompiledWorkerOptionsWithBuildId } from '@temporalio/worker/lib/worker-options.js';
export type { NativeReplayHandle, NativeWorkerLike } from '@temporalio/worker/lib/worker.js';
export {
  type Activator,
  GlobalHandlers,
  globalHandlers,
  SdkFlags,
  type SinkCall,
  type WorkflowBundleWithSourceMapAndFilename,
  type WorkflowCreateOptions,
  type WorkflowCreateOptionsInternal,
} from './official-isolate.ts';

/** The native library's functions (clock, clients, workers). Loading it does not start anything. */
export const native: typeof coreBridge.native = coreBridge.native;

/** The native library's error classes; `poll*` must reject with its `ShutdownError`. */
export const nativeErrors: typeof coreBridge.errors = coreBridge.errors;

/** How the official worker makes its native side: the seam for a core of one's own. */
export interface NativeWorkerConstructor {
  /** Makes the native side of a worker that polls `connection`. */
  create(
    runtime: Runtime,
    connection: NativeConnection,
    options: CompiledWorkerOptionsWithBuildId,
  ): Promise<NativeWorkerLike>;
  /** Makes the native side of a worker that replays histories. */
  createReplay(runtime: Runtime, options: CompiledWorkerOptionsWithBuildId): Promise<NativeReplayHandle>;
}

/** The official `Worker` class with the three protected statics that subclasses of ours replace. */
export interface OfficialWorkerClass {
  new (...args: never[]): Worker;
  readonly prototype: Worker;
  /** Creates a worker of the class it is called on. */
  create(options: WorkerOptions): Promise<Worker>;
  /** What polls for tasks and takes completions. */
  nativeWorkerCtor: NativeWorkerConstructor;
  /** Workflow code, ready to run: as it was given, or bundled. `undefined` when there is none. */
  getOrCreateBundle(
    compiledOptions: CompiledWorkerOptions,
    logger: Logger,
  ): Promise<WorkflowBundleWithSourceMapAndFilename | undefined>;
  /** What runs workflow code. */
  createWorkflowCreator(
    workflowBundle: WorkflowBundleWithSourceMapAndFilename,
    compiledOptions: CompiledWorkerOptions,
    logger: Logger,
  ): Promise<WorkflowCreator>;
}

/** The official `Worker` class, to be extended: `class Ours extends OfficialWorker { static override nativeWorkerCtor = … }`. */
export const OfficialWorker: OfficialWorkerClass = Worker as unknown as OfficialWorkerClass;

/** What the official worker knows a controller by. */
export function extractNativeController(controller: ResourceBasedController): object {
  return (controller as unknown as { readonly nativeController: object }).nativeController;
}

/** Name and version of the official worker package, as it reports itself to servers. */
export const sdkPackage: { readonly name: string; readonly version: string } = createRequire(import.meta.url)(
  '@temporalio/worker/package.json',
) as { readonly name: string; readonly version: string };

/**
 * Deep imports of official packages that a workflow thread needs. They are apart from `official.ts` because a thread must not load the
 * official worker with its bundler and native library: that doubles the start of every thread. For the same reason nothing is imported by the
 * front doors of packages, and threads load `official-thread.ts` before this.
 */
export type { Activator } from '@temporalio/workflow/lib/internals.js';
export type { WorkflowCreateOptions, WorkflowCreateOptionsInternal } from '@temporalio/workflow/lib/interfaces.js';
export type { SinkCall } from '@temporalio/workflow/lib/sinks.js';
export type * as WorkerInterface from '@temporalio/workflow/lib/worker-interface.js';
export type { WorkflowBundleWithSourceMapAndFilename } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js';
export type { PatchActivationWorkflowInfoSnapshot } from '@temporalio/worker/lib/workflow/patch-activation-callback.js';
export { SdkFlags } from '@temporalio/workflow/lib/flags.js';
export { GlobalHandlers, globalHandlers, injectGlobals } from '@temporalio/worker/lib/workflow/vm-shared.js';
export {
  makePatchActivationWorkflowInfoSnapshot,
  PATCH_ACTIVATION_CALLBACK_BUFFER_SIZE,
  waitForPatchActivationCallbackResult,
} from '@temporalio/worker/lib/workflow/patch-activation-callback.js';
export { suggestContinueAsNewReasonsFromProto } from '@temporalio/common/lib/continue-as-new.js';
export { tsToMs } from '@temporalio/common/lib/time.js';
export { IllegalStateError } from '@temporalio/common/lib/errors.js';
export { SymbolBasedInstanceOfError } from '@temporalio/common/lib/type-helpers.js';
export { convertDeploymentVersion } from '@temporalio/common/lib/worker-deployments.js';

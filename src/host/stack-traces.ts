import { globalHandlers, type WorkflowBundleWithSourceMapAndFilename } from '../official-isolate.ts';

let mapsStacks = false;

/**
 * Makes stacks of this thread point at the author's source, with the official formatting. Mapping happens when a stack is read, never
 * when an error is made. With `promiseHooks`, `__stack_trace` queries work too, at a high price for every promise.
 */
export async function installStackTraces(
  bundle: WorkflowBundleWithSourceMapAndFilename,
  promiseHooks: boolean,
): Promise<void> {
  if (promiseHooks) {
    globalHandlers.install();
  } else if (!mapsStacks && !globalHandlers.installed) {
    (globalHandlers as unknown as WithoutHooks).overridePrepareStackTrace();
    mapsStacks = true;
  }
  await globalHandlers.addWorkflowBundle(bundle);
}

/** Undoes what `installStackTraces` did for one bundle. */
export function forgetStackTraces(bundle: WorkflowBundleWithSourceMapAndFilename): void {
  globalHandlers.removeWorkflowBundle(bundle);
}

/** The half of `install` that is free of cost; private in the official class, and held by the contract test. */
interface WithoutHooks {
  overridePrepareStackTrace(): void;
}

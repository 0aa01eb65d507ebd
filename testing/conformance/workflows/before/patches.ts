import { condition, defineSignal, deprecatePatch, patched, setHandler } from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import { activity, brief } from '../support.ts';

const go: SignalDefinition = defineSignal('go');

function signalled(): Promise<void> {
  let went = false;
  setHandler(go, () => void (went = true));
  return condition(() => went);
}

/** The older code: no patch. */
export async function patchedMeanwhile(): Promise<string> {
  await signalled();
  await activity('older', brief)();
  return 'old';
}

/** The older code: no patch. */
export async function patchedBehind(): Promise<string> {
  await signalled();
  return 'old';
}

/** The older code: the patch is still asked for. */
export async function patchDeprecated(): Promise<string> {
  const path = patched('old-patch') ? 'new' : 'old';
  await signalled();
  return path;
}

/** The older code: the patch is still asked for. */
export async function patchForgotten(): Promise<string> {
  const path = patched('forgotten') ? 'new' : 'old';
  await signalled();
  return path;
}

/** The older code: the patch is deprecated. */
export async function deprecationForgotten(): Promise<string> {
  deprecatePatch('forgotten');
  await signalled();
  return 'deprecated';
}

import { condition, defineSignal, deprecatePatch, patched, setHandler, sleep } from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import { activity, brief } from './support.ts';

const go: SignalDefinition = defineSignal('go');

function signalled(): Promise<void> {
  let went = false;
  setHandler(go, () => void (went = true));
  return condition(() => went);
}

/** Asks for one patch. */
export async function patchedOnce(): Promise<string> {
  if (patched('first')) await sleep(1);
  return patched('first') ? 'new' : 'old';
}

/** Asks for two patches, in different tasks, and for one of them again and again. */
export async function patchedOften(): Promise<boolean[]> {
  const answers = [patched('one')];
  await sleep(1);
  for (let i = 0; i < 3; i++) answers.push(patched('two'));
  return answers;
}

/** A patch that only the newer code has. */
export async function patchedMeanwhile(): Promise<string> {
  await signalled();
  if (patched('meanwhile')) {
    await activity('newer', brief)();
    return 'new';
  }
  await activity('older', brief)();
  return 'old';
}

/** A patch before what the older code has done already. */
export async function patchedBehind(): Promise<string> {
  const path = patched('behind') ? 'new' : 'old';
  await signalled();
  return path;
}

/** Code that only knows the patched way. */
export async function patchDeprecated(): Promise<string> {
  deprecatePatch('old-patch');
  await signalled();
  return 'deprecated';
}

/** Code that forgot a patch which histories have. */
export async function patchForgotten(): Promise<string> {
  await signalled();
  return 'forgotten';
}

/** Code that forgot the deprecation of a patch. */
export async function deprecationForgotten(): Promise<string> {
  await signalled();
  return 'forgotten';
}

/** Deprecates a patch from the beginning. */
export async function deprecatedOnly(): Promise<string> {
  deprecatePatch('never-used');
  await sleep(1);
  return 'done';
}

import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { quiet } from '../../conformance/targets/quiet.ts';
import { bundle, Scene } from './scene.ts';

/** How scenes are made for tests. */
export interface EachSceneOptions {
  /** Of the hooks, in milliseconds. */
  readonly timeout: number;
  /** Whether what went wrong in the background fails a test. */
  readonly isQuiet: boolean;
}

/** Gives each test of a block a scene of its own, and ends it. To be called first in the block. */
export function eachScene({ timeout, isQuiet }: EachSceneOptions, use: (scene: Scene) => void): void {
  let code: WorkflowBundleWithSourceMap;
  let scene: Scene;
  beforeAll(async () => {
    quiet();
    code = await bundle();
  }, timeout);
  beforeEach(() => {
    scene = new Scene(code);
    use(scene);
  });
  afterEach(async () => {
    await scene.close();
    if (isQuiet && scene.errors.length > 0) throw new AggregateError(scene.errors, 'in the background');
  }, timeout);
}

/**
 * Assertions about runs of agents for vitest. Import it once, in the test or in a setup file: `import 'perdure/testing/vitest'`. What a test environment finds
 * when it ends is then shown beside the test's own failure, and not in its place.
 *
 * @module
 */
import { afterEach, beforeEach, expect } from 'vitest';
import {
  toHaveAsked,
  toHaveCalledAgent,
  toHaveCalledTool,
  toHaveCalledToolTimes,
  toHaveCompletedWith,
  toHaveFailedWith,
  toHaveUsedAtMost,
} from './matchers.ts';
import { tellProblems } from './problems.ts';
import type { RunMatchers } from './types.ts';

export type { RunLimits, RunMatchers } from './types.ts';
export type { EventSource } from '../events/source.ts';

declare module 'vitest' {
  // The parameters are those of vitest's own declaration.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RunMatchers {}
}

expect.extend({
  toHaveAsked,
  toHaveCalledAgent,
  toHaveCalledTool,
  toHaveCalledToolTimes,
  toHaveCompletedWith,
  toHaveFailedWith,
  toHaveUsedAtMost,
});

tellProblems({ beforeEach, afterEach });

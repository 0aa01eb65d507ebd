/**
 * Assertions about runs of agents for vitest. Import it once, in the test or in a setup file: `import 'perdure/testing/vitest'`. What a test environment finds
 * when it ends is then shown beside the test's own failure, and not in its place.
 *
 * @module
 */
import { afterEach, beforeEach, expect, type MatcherState } from 'vitest';
import type { EventSource } from '../events/source.ts';
import {
  toHaveAsked,
  toHaveCalledAgent,
  toHaveCalledTool,
  toHaveCalledToolTimes,
  toHaveCompletedWith,
  toHaveFailedWith,
  toHaveUsedAtMost,
  type Verdict,
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
  toHaveAsked: bind(toHaveAsked),
  toHaveCalledAgent: bind(toHaveCalledAgent),
  toHaveCalledTool: bind(toHaveCalledTool),
  toHaveCalledToolTimes: bind(toHaveCalledToolTimes),
  toHaveCompletedWith: bind(toHaveCompletedWith),
  toHaveFailedWith: bind(toHaveFailedWith),
  toHaveUsedAtMost: bind(toHaveUsedAtMost),
});

tellProblems({ beforeEach, afterEach });

/** As vitest calls it: with its state as `this`. */
function bind<Rest extends unknown[]>(
  matcher: (state: MatcherState, source: EventSource, ...rest: Rest) => Promise<Verdict>,
): (this: MatcherState, source: EventSource, ...rest: Rest) => Promise<Verdict> {
  return function matches(source, ...rest) {
    return matcher(this, source, ...rest);
  };
}

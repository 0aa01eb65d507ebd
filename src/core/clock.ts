/**
 * Where time comes from. The rules take times as arguments; everything that waits takes a clock, so that tests can drive time.
 * All times are milliseconds since the epoch.
 */
export interface Clock {
  /** The time, in milliseconds since the epoch. */
  now(): number;

  /**
   * Calls `task` once the clock has reached `at` (soon, and never synchronously, when it already has).
   * @returns a function that calls it off; calling it later, or twice, does nothing.
   */
  schedule(at: number, task: () => void): () => void;

  /**
   * Says that work is going on which a jump in time would disturb: a task waits in a queue (the frontend holds) or is being worked on (the
   * dispatcher holds). A virtual clock does not skip ahead while anything holds it; a real clock ignores it.
   * @param work what goes on; `workflowTask` also keeps back a test's own `sleep`, which an activity may be the caller of. Default `activity`.
   * @returns a function that ends the hold; calling it twice does nothing.
   */
  hold(work?: HeldWork): () => void;
}

/** What a clock is held for. */
export type HeldWork = 'workflowTask' | 'activity';

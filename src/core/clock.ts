/** The only source of time and of timers. Passed in, so that tests may own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once at `atMs` (since the epoch), as soon as possible when that has passed. Returns its cancellation. */
  schedule(atMs: number, task: () => void): () => void;
}

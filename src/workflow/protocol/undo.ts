import type { Json } from './json.ts';

/** A completed call that may have to be undone. */
export interface Undoable {
  /** Whose call it was: the run's own agent or a sub-agent. */
  readonly agent: string;
  readonly toolName: string;
  readonly toolHash: string;
  readonly toolCallId: string;
  readonly input: Json;
  readonly idempotencyKey: string;
  /** Of one attempt. Milliseconds. */
  readonly timeout: number;
}

import { ConversationState } from './state.ts';

/** How much a cache of conversations may hold. */
export interface ConversationCacheOptions {
  /** Bytes of JSON, roughly. Default: 64 MiB. */
  readonly maxBytes?: number;
  /** Default: 1000. */
  readonly maxRuns?: number;
}

/** The conversations that a process has read last, by run id. Without an entry nothing is wrong: history is read again. */
export class ConversationCache {
  readonly #maxBytes: number;
  readonly #maxRuns: number;
  /** Least recently used first. */
  readonly #states = new Map<string, ConversationState>();

  constructor({ maxBytes = 64 * 1024 * 1024, maxRuns = 1000 }: ConversationCacheOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#maxRuns = maxRuns;
  }

  /** What is known of a run: empty when it is not. */
  take(runId: string): ConversationState {
    return this.#states.get(runId) ?? new ConversationState();
  }

  /** Keeps what was read of a run, and forgets others when that is too much. */
  keep(runId: string, state: ConversationState): void {
    const current = this.#states.get(runId);
    this.#states.delete(runId);
    // Of two readers the one who has read further.
    this.#states.set(runId, current && current.lastEventId > state.lastEventId ? current : state);
    let bytes = 0;
    for (const kept of this.#states.values()) bytes += kept.bytes;
    for (const [oldest, { bytes: size }] of this.#states) {
      if (bytes <= this.#maxBytes && this.#states.size <= this.#maxRuns) break;
      this.#states.delete(oldest);
      bytes -= size;
    }
  }

  /** How many runs it knows. */
  get size(): number {
    return this.#states.size;
  }
}

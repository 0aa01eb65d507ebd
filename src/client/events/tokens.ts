import type { Token, TokenChannel } from '../../agent/token-channel.ts';
import type { RunEvent, TokenEvent } from './event.ts';

/** Tokens that are kept for a consumer who is slow; older ones are dropped, for they are void sooner or later anyway. */
const MOST_KEPT = 10_000;

/** What the models of a run and of its sub-agents say, for one stream. */
export class TokenQueue {
  readonly #channel: TokenChannel;
  readonly #stops = new Map<string, () => void>();
  /** The last model call of each run whose message stands in history: what is said of it is old. */
  readonly #answered = new Map<string, number>();
  #tokens: Token[] = [];
  #wake: (() => void) | undefined;

  constructor(channel: TokenChannel) {
    this.#channel = channel;
  }

  /** Hears of a run from now on. */
  listen(workflowId: string): void {
    if (this.#stops.has(workflowId)) return;
    const stop = this.#channel.subscribe(workflowId, (token) => {
      if (this.#tokens.length >= MOST_KEPT) this.#tokens.shift();
      this.#tokens.push(token);
      this.#wake?.();
    });
    this.#stops.set(workflowId, stop);
  }

  /** Takes note of what has happened in the run `workflowId`. */
  heed(workflowId: string, event: RunEvent): void {
    if (event.type === 'agent_called') this.listen(event.workflowId);
    if (event.type === 'agent_completed' || event.type === 'agent_failed') this.#forget(event.workflowId);
    if (event.type === 'model_responded') this.#answered.set(workflowId, event.step);
  }

  /** Resolves when there is something to take. Only one may wait at a time. */
  async waiting(): Promise<void> {
    if (this.#tokens.length > 0) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** What was said since the last time. */
  take(): TokenEvent[] {
    const tokens = this.#tokens.filter(({ workflowId, step }) => step > (this.#answered.get(workflowId) ?? 0));
    this.#tokens = [];
    return tokens.map(({ type: kind, ...token }) => ({ type: 'token', kind, ...token }));
  }

  /** Hears no more. */
  close(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    this.#wake?.();
  }

  #forget(workflowId: string): void {
    this.#stops.get(workflowId)?.();
    this.#stops.delete(workflowId);
  }
}

import type { Clock } from '../../core/clock.ts';
import type { Payload } from '../../core/proto.ts';

/** Sends one heartbeat; must not reject. */
export type SendHeartbeat = (details: readonly Payload[]) => Promise<void>;

/**
 * The heartbeats of one activity: the first is sent at once, then at most one in each interval, always with the latest details. The server's
 * answer is the only way in which an activity learns of its cancellation.
 */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #send: SendHeartbeat;
  #pending: readonly Payload[] | undefined;
  #inFlight: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, intervalMs: number, send: SendHeartbeat) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#send = send;
  }

  record(details: readonly Payload[]): void {
    if (this.#closed) return;
    this.#pending = details;
    if (this.#inFlight === undefined && this.#cancelTimer === undefined) this.#flush();
  }

  /** Stops sending. Resolves when nothing is under way; with `flush`, the latest details are sent first. */
  async close(flush: boolean): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#inFlight;
    const last = this.#pending;
    this.#pending = undefined;
    if (flush && last) await this.#send(last);
  }

  #flush(): void {
    const details = this.#pending;
    if (details === undefined) return;
    this.#pending = undefined;
    const sentAt = this.#clock.now();
    this.#inFlight = this.#send(details).finally(() => {
      this.#inFlight = undefined;
      if (this.#closed) return;
      this.#cancelTimer = this.#clock.schedule(sentAt + this.#intervalMs, () => {
        this.#cancelTimer = undefined;
        this.#flush();
      });
    });
  }
}

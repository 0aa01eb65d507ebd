/** Who polls a queue, as it says itself. */
export interface Reader {
  readonly identity: string;
  /** What its build is called; empty when it says none. */
  readonly buildId: string;
  /** How many tasks of the queue may be given out in a second, to all workers together. Left out: it says nothing. */
  readonly ratePerSecond?: number | undefined;
}

/** Who has polled, and when. */
export interface RecentReader extends Reader {
  /** Milliseconds since the epoch. */
  readonly lastAccess: number;
}

/** How long who does not poll any more is remembered, in milliseconds: as on a Temporal server. */
const rememberedMs = 300_000;

/** Who polled a queue lately. */
export class Readers {
  /** In the order in which they were seen last. */
  readonly #known = new Map<string, RecentReader>();

  /** Somebody polls, or has. */
  saw(reader: Reader, now: number): void {
    this.#known.delete(reader.identity);
    this.#known.set(reader.identity, { ...reader, lastAccess: now });
    this.#forget(now);
  }

  /** Somebody does not poll any more, and has said so. */
  left(identity: string): void {
    this.#known.delete(identity);
  }

  /** Those of the last minutes. */
  recent(now: number): RecentReader[] {
    this.#forget(now);
    return [...this.#known.values()];
  }

  /** Forgets those who were seen too long ago. */
  #forget(now: number): void {
    for (const [identity, { lastAccess }] of this.#known) {
      if (lastAccess >= now - rememberedMs) return;
      this.#known.delete(identity);
    }
  }
}

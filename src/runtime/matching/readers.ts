/** Who polls a queue, as it says itself. */
export interface Reader {
  readonly identity: string;
  /** Tells workers of one identity apart. Left out: all of the identity are one. */
  readonly instance?: string | undefined;
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
    const key = keyOf(reader);
    this.#known.delete(key);
    this.#known.set(key, { ...reader, lastAccess: now });
    this.#forget(now);
  }

  /** Somebody does not poll any more, and has said so. */
  left(reader: Pick<Reader, 'identity' | 'instance'>): void {
    this.#known.delete(keyOf(reader));
  }

  /** Those of the last minutes, each identity once: as it was seen last. */
  recent(now: number): RecentReader[] {
    this.#forget(now);
    const byIdentity = new Map<string, RecentReader>();
    for (const reader of this.#known.values()) {
      byIdentity.delete(reader.identity);
      byIdentity.set(reader.identity, reader);
    }
    return [...byIdentity.values()];
  }

  /** Forgets those who were seen too long ago. */
  #forget(now: number): void {
    for (const [key, { lastAccess }] of this.#known) {
      if (lastAccess >= now - rememberedMs) return;
      this.#known.delete(key);
    }
  }
}

function keyOf({ identity, instance = '' }: Pick<Reader, 'identity' | 'instance'>): string {
  return `${identity}\0${instance}`;
}

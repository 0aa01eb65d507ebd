const BUCKET_MS = 5_000;
const BUCKETS = 6;

/** How often something has happened lately: in a second, over the last half minute, as a Temporal server counts. */
export class Rate {
  readonly #counts = new Map<number, number>();

  /** It happened. */
  count(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    if (this.#counts.size > BUCKETS) this.#forget(bucket);
  }

  /** Times in a second. */
  perSecond(now: number): number {
    this.#forget(Math.floor(now / BUCKET_MS));
    const total = [...this.#counts.values()].reduce((sum, each) => sum + each, 0);
    return total / ((BUCKETS * BUCKET_MS) / 1000);
  }

  #forget(newest: number): void {
    for (const bucket of this.#counts.keys()) if (bucket <= newest - BUCKETS) this.#counts.delete(bucket);
  }
}

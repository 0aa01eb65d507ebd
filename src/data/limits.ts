/** What is too much. Sizes are bytes of UTF-8, or of JSON in it. */
export const LIMITS = {
  /** A row of an index has to hold tenant, run, agent and key. */
  keyBytes: 512,
  runBytes: 1000,
  tenantBytes: 128,
  agentBytes: 256,
  stepBytes: 512,
  idempotencyKeyBytes: 512,
  descriptionBytes: 1024,
  schemaBytes: 16_384,
  /** What a value may have unless it is said otherwise, and what may be said. */
  valueBytes: 262_144,
  mostValueBytes: 1_048_576,
  /** Ten years, in seconds. */
  ttl: 315_360_000,
  /** Entries of a page. */
  page: 100,
  mostPage: 1000,
} as const;

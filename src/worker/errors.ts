/** A worker did not stop in time. What was under way is tried again by another worker. */
export class ShutdownDeadlineError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'ShutdownDeadlineError';
  /** Never changes, unlike the message. */
  readonly code = 'SHUTDOWN_DEADLINE';

  constructor(options?: ErrorOptions) {
    super(
      'The worker did not stop before its deadline (shutdownDeadline): a tool or a model did not heed its AbortSignal. What it did is tried again by another worker.',
      options,
    );
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is ShutdownDeadlineError {
    return value instanceof Error && value.name === 'ShutdownDeadlineError';
  }
}

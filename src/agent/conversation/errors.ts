/** A conversation can't be read any more: history that it stands in is gone, e.g. because the retention of an earlier run is over. */
export class ConversationLostError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'ConversationLostError';
  /** Never changes, unlike the message. */
  readonly code = 'CONVERSATION_LOST';

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is ConversationLostError {
    return value instanceof Error && value.name === 'ConversationLostError';
  }
}

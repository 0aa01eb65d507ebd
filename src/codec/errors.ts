/** What is wrong with a payload that cannot be read. */
export type PayloadProblem =
  /** It was encrypted with a key that this process does not have. */
  | 'unknown_key'
  /** It was changed, or its key has another value here than where it was written. */
  | 'tampered'
  /** It says that it is one of ours, and is none. */
  | 'malformed'
  /** What it unpacks to is larger than is allowed. */
  | 'too_large'
  /** It was packed in a way that this version of Node cannot unpack. */
  | 'unsupported';

/** A payload cannot be decoded. Whatever was waiting for it is tried again: with the right keys, it goes on. */
export class PayloadCodecError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'PayloadCodecError';
  /** Never changes, unlike the message. */
  readonly code = 'PAYLOAD_CODEC';
  /** What is wrong. */
  readonly reason: PayloadProblem;

  constructor(reason: PayloadProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is PayloadCodecError {
    return value instanceof Error && value.name === 'PayloadCodecError' && 'reason' in value;
  }
}

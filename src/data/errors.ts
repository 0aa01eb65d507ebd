/** What of an entry an error tells: who wrote it, and when. */
export interface WrittenBy {
  /** Who wrote it. */
  readonly agent: string;
  /** The tool call. */
  readonly step?: string | undefined;
  /** ISO 8601. */
  readonly writtenAt: string;
}

/** The key has a value already, and data is never changed. Nothing was written. */
export class DataExistsError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'DataExistsError';
  /** Never changes, unlike the message. */
  readonly code = 'DATA_EXISTS';
  /** That was to be written. */
  readonly key: string;
  /** Who wrote what is there, and when. */
  readonly written: WrittenBy;

  constructor(key: string, written: WrittenBy) {
    const step = written.step === undefined ? '' : ` (step ${written.step})`;
    super(
      `The key ${JSON.stringify(key)} was written by ${written.agent}${step} at ${written.writtenAt}, and what is written does not change. ` +
        'Read it, or write under another key.',
    );
    this.key = key;
    this.written = written;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is DataExistsError {
    return hasName(value, 'DataExistsError');
  }
}

/** There is no data under this key in this run: it was never written, or its time is over. */
export class DataNotFoundError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'DataNotFoundError';
  /** Never changes, unlike the message. */
  readonly code = 'DATA_NOT_FOUND';
  /** That was asked for. */
  readonly key: string;

  constructor(key: string) {
    super(
      `There is no data under the key ${JSON.stringify(key)} in this run. List the data to see which keys there are.`,
    );
    this.key = key;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is DataNotFoundError {
    return hasName(value, 'DataNotFoundError');
  }
}

/** What was asked for or written is not possible: a bad key, pattern or cursor, a value that is no JSON, too large, or not as its schema says. */
export class DataInvalidError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'DataInvalidError';
  /** Never changes, unlike the message. */
  readonly code = 'DATA_INVALID';
  /** Which part of what was given, e.g. `value.items[3]`. */
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is DataInvalidError {
    return hasName(value, 'DataInvalidError');
  }
}

/** The database can't be reached, broke off, or took too long. A write may have come through: repeat it with the same `idempotencyKey`. */
export class DataUnavailableError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'DataUnavailableError';
  /** Never changes, unlike the message. */
  readonly code = 'DATA_UNAVAILABLE';

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is DataUnavailableError {
    return hasName(value, 'DataUnavailableError');
  }
}

function hasName(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name;
}

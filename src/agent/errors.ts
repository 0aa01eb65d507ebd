/** What a definition error says beside its message. */
export interface DefinitionErrorOptions extends ErrorOptions {
  /** What to do about it, as one sentence. */
  readonly fix: string;
}

/** A tool, an agent or what they are made of is defined wrongly. Nothing was started. The message ends with what to do. */
export class DefinitionError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'DefinitionError';
  /** Never changes, unlike the message. */
  readonly code = 'DEFINITION';
  /** Where in the definition, e.g. `tool "refund": timeout`. */
  readonly path: string;
  /** What to do about it. */
  readonly fix: string;

  constructor(path: string, problem: string, options: DefinitionErrorOptions) {
    super(`${path}: ${problem} ${options.fix}`, options);
    this.path = path;
    this.fix = options.fix;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is DefinitionError {
    return value instanceof Error && value.name === 'DefinitionError' && 'path' in value && 'fix' in value;
  }
}

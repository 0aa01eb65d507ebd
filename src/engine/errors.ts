/** What a configuration error says beside its message. */
export interface ConfigurationErrorOptions extends ErrorOptions {
  /** What to do about it, as one sentence. */
  readonly fix: string;
}

/** Something in the configuration is wrong. Nothing was connected to or started. The message ends with what to do. */
export class ConfigurationError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'ConfigurationError';
  /** Never changes, unlike the message. */
  readonly code = 'CONFIGURATION';
  /** Where in the configuration, e.g. `connection.tls.clientCertPath`, or the name of the environment variable. */
  readonly path: string;
  /** What to do about it. */
  readonly fix: string;

  constructor(path: string, problem: string, options: ConfigurationErrorOptions) {
    super(`${path}: ${problem} ${options.fix}`, options);
    this.path = path;
    this.fix = options.fix;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is ConfigurationError {
    return value instanceof Error && value.name === 'ConfigurationError' && 'path' in value && 'fix' in value;
  }
}

/** The engine cannot be reached: wrong address, no server, refused credentials. Trying again later may help. */
export class EngineUnavailableError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'EngineUnavailableError';
  /** Never changes, unlike the message. */
  readonly code = 'ENGINE_UNAVAILABLE';

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is EngineUnavailableError {
    return value instanceof Error && value.name === 'EngineUnavailableError';
  }
}

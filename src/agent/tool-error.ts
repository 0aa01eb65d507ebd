import { parseTime } from './time.ts';
import type { Time } from './types.ts';

/** How a tool's failure is dealt with. */
export interface ToolErrorOptions extends ErrorOptions {
  /** Whether another attempt may help. Default: `false`, the model is told at once. */
  readonly retryable?: boolean;
  /** How long to wait before the next attempt, when it is retryable. Default: as the tool's `retry` says. */
  readonly retryAfter?: Time;
}

/**
 * Thrown by a tool to tell the model what is wrong. Any other error is tried again first, as often as the tool's `retry` says.
 * @example
 * throw new ToolError(`There is no order ${orderId}. Ask for the number again.`);
 */
export class ToolError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'ToolError';
  /** Never changes, unlike the message. */
  readonly code = 'TOOL';
  /** Whether another attempt may help. */
  readonly retryable: boolean;
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retryAfter: number | undefined;

  /** @throws DefinitionError when `retryAfter` is no time. */
  constructor(message: string, options: ToolErrorOptions = {}) {
    super(message, options);
    this.retryable = options.retryable ?? false;
    this.retryAfter =
      options.retryAfter === undefined ? undefined : parseTime(options.retryAfter, 'ToolError: retryAfter');
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is ToolError {
    return value instanceof Error && value.name === 'ToolError' && 'retryable' in value;
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from '../engine/errors.ts';

/** What a completion token completes. */
export interface CompletionTarget {
  /** Of the root of the run's tree: it takes answers. */
  readonly workflowId: string;
  /** The first run of the root's chain: a later run of the same workflow id is not meant. */
  readonly runId?: string;
  readonly waitId: string;
}

/** A completion token is malformed, or was not signed with this secret. */
export class InvalidCompletionTokenError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'InvalidCompletionTokenError';
  /** Never changes, unlike the message. */
  readonly code = 'INVALID_COMPLETION_TOKEN';

  constructor(problem: string, options?: ErrorOptions) {
    super(`This completion token ${problem}`, options);
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is InvalidCompletionTokenError {
    return value instanceof Error && value.name === 'InvalidCompletionTokenError';
  }
}

/**
 * A token that lets its holder complete one call of an async tool. It can be read by anyone and made only with the secret; that it works once is
 * the wait's doing.
 */
export function signCompletionToken(target: CompletionTarget, secret: string | Uint8Array): string {
  const { workflowId, runId, waitId } = target;
  const payload = Buffer.from(JSON.stringify({ workflowId, runId, waitId })).toString('base64url');
  return `${payload}.${macOf(payload, secret).toString('base64url')}`;
}

/**
 * What a token completes, once its signature was checked.
 * @throws InvalidCompletionTokenError when it is malformed or its signature is wrong.
 */
export function readCompletionToken(token: string, secret: string | Uint8Array): CompletionTarget {
  const [, payload, signature] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  if (payload === undefined || signature === undefined)
    throw new InvalidCompletionTokenError('is malformed. Pass it on as the tool got it, whole and unchanged.');
  const expected = macOf(payload, secret);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new InvalidCompletionTokenError(
      'was signed with another secret, or was changed. Give this process the secret of the worker (PERDURE_SECRET).',
    );
  return parse(payload);
}

function parse(payload: string): CompletionTarget {
  // Signed by us: anything else than what we wrote means that another version did.
  const target = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Partial<CompletionTarget>;
  const { workflowId, runId, waitId } = target;
  if (typeof workflowId !== 'string' || typeof waitId !== 'string')
    throw new InvalidCompletionTokenError(
      'is of another version of perdure. Use the same version for workers and clients.',
    );
  return { workflowId, waitId, ...(runId !== undefined && { runId }) };
}

function macOf(payload: string, secret: string | Uint8Array): Buffer {
  if (secret.length === 0)
    throw new ConfigurationError('secret', 'is empty, so anybody could complete tool calls.', {
      fix: 'Set PERDURE_SECRET to at least 32 random characters.',
    });
  return createHmac('sha256', secret).update(`perdure.completion.1.${payload}`).digest();
}

import type { Json, WaitAnswer, WaitKind, WaitOutcome } from '../protocol/index.ts';

/**
 * Reads the argument of one of the seed's signals. Signals come from anywhere, so anything may be in it: an answer in full, or (for a user's
 * input) the value alone.
 * @returns `undefined` when it makes no sense.
 */
export function readAnswer(kind: WaitKind, argument: unknown): WaitAnswer | undefined {
  if (isAnswer(argument)) {
    const { waitId, outcome } = argument;
    return waitId === undefined ? { kind, outcome } : { waitId, kind, outcome };
  }
  if (kind !== 'input' || argument === undefined) return undefined;
  return { kind, outcome: { type: 'value', value: argument as Json } };
}

function isAnswer(value: unknown): value is { readonly waitId?: string; readonly outcome: WaitOutcome } {
  if (typeof value !== 'object' || value === null) return false;
  const { waitId, outcome } = value as { waitId?: unknown; outcome?: unknown };
  return (waitId === undefined || typeof waitId === 'string') && isOutcome(outcome);
}

/** Whether a value is what comes of a wait. */
export function isOutcome(value: unknown): value is WaitOutcome {
  if (typeof value !== 'object' || value === null) return false;
  const { type, message } = value as { type?: unknown; message?: unknown };
  return (type === 'value' && 'value' in value) || (type === 'error' && typeof message === 'string');
}

import { CompleteAsyncError } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { FAILURE } from '../workflow/protocol/index.ts';
import { redact, redactBeginning, redactData } from './redaction/index.ts';
import { ToolError } from './tool-error.ts';

const LONGEST_MESSAGE = 8_192;
const MOST_CAUSES = 5;

/** A failure that no other attempt can mend. */
export function finalFailure(type: (typeof FAILURE)[keyof typeof FAILURE], message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message: shortened(message), nonRetryable: true });
}

/** What a tool threw, as a failure of its activity, without keys: worth another attempt, unless it says that it is final. */
export function toolFailure(thrown: unknown): ApplicationFailure {
  if (thrown instanceof ApplicationFailure) return withoutSecrets(thrown) as ApplicationFailure;
  const error = ToolError.is(thrown) ? thrown : undefined;
  const failure = ApplicationFailure.create({
    type: FAILURE.toolFailed,
    message: messageOf(thrown),
    nonRetryable: error !== undefined && !error.retryable,
    ...(error?.retryable && error.retryAfter !== undefined && { nextRetryDelay: error.retryAfter }),
  });
  if (thrown instanceof Error && typeof thrown.stack === 'string') failure.stack = clean(thrown.stack);
  return failure;
}

/**
 * What an activity threw, without secrets: the very same when there is nothing to hide. Otherwise its causes are kept as a part of the message only.
 */
export function withoutSecrets(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !hasSecrets(thrown)) return thrown;
  if (thrown instanceof ApplicationFailure) return cleanFailure(thrown);
  // Cancellations and the like are told by their class, and say nothing of their own.
  if (thrown instanceof TemporalFailure || thrown instanceof CompleteAsyncError) return thrown;
  const result = new Error(messageOf(thrown));
  result.name = thrown.name;
  result.stack = clean(thrown.stack ?? '');
  return result;
}

function cleanFailure(failure: ApplicationFailure): ApplicationFailure {
  const { type, nonRetryable, details, nextRetryDelay, category } = failure;
  const result = ApplicationFailure.create({
    message: messageOf(failure),
    ...(type == null ? {} : { type }),
    ...(nonRetryable == null ? {} : { nonRetryable }),
    ...(details == null ? {} : { details: hidesIn(details) ? (redactData(details) as unknown[]) : details }),
    ...(nextRetryDelay == null ? {} : { nextRetryDelay }),
    ...(category == null ? {} : { category }),
  });
  if (failure.stack !== undefined) result.stack = clean(failure.stack);
  return result;
}

/** History would keep the message and the stack of each of its causes, and details. */
function hasSecrets(error: Error): boolean {
  const seen = new Set<Error>();
  for (let each: unknown = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    const said = `${each.message}\n${each.stack ?? ''}`;
    if (redact(said) !== said) return true;
    if (each instanceof ApplicationFailure && hidesIn(each.details)) return true;
  }
  return false;
}

function hidesIn(details: readonly unknown[] | null | undefined): boolean {
  if (!details?.length) return false;
  try {
    return JSON.stringify(redactData(details)) !== JSON.stringify(details);
  } catch {
    // The converter will say what is wrong with them.
    return false;
  }
}

/** The message of whatever was thrown, its causes included: `fetch failed` alone says nothing. Without keys. */
export function messageOf(thrown: unknown): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let each = thrown; each !== undefined && each !== null && !seen.has(each);) {
    if (seen.size === MOST_CAUSES) break;
    seen.add(each);
    const message = each instanceof Error ? each.message || each.name : text(each);
    if (!messages.some((before) => before.includes(message))) messages.push(message);
    each = each instanceof Error ? each.cause : undefined;
  }
  return clean(messages.join(': ') || 'It failed without a message.');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return 'It failed with something that is no error.';
  }
}

function clean(message: string): string {
  const kept = redactBeginning(message, LONGEST_MESSAGE);
  return message.length > LONGEST_MESSAGE ? `${kept}… (shortened)` : kept;
}

function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}… (shortened)` : message;
}

import { ApplicationFailure } from '@temporalio/common';
import { FAILURE } from '../workflow/protocol/index.ts';
import { ToolError } from './tool-error.ts';

const LONGEST_MESSAGE = 8_192;
const MOST_CAUSES = 5;

/** A failure that no other attempt can mend. */
export function finalFailure(type: (typeof FAILURE)[keyof typeof FAILURE], message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message: shortened(message), nonRetryable: true });
}

/** What a tool threw, as a failure of its activity: worth another attempt, unless it says that it is final. */
export function toolFailure(thrown: unknown): ApplicationFailure {
  if (thrown instanceof ApplicationFailure) return thrown;
  const error = ToolError.is(thrown) ? thrown : undefined;
  const failure = ApplicationFailure.create({
    type: FAILURE.toolFailed,
    message: messageOf(thrown),
    nonRetryable: error !== undefined && !error.retryable,
    ...(error?.retryable && error.retryAfter !== undefined && { nextRetryDelay: error.retryAfter }),
  });
  if (thrown instanceof Error && typeof thrown.stack === 'string') failure.stack = thrown.stack;
  return failure;
}

/** The message of whatever was thrown, its causes included: `fetch failed` alone says nothing. */
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
  return shortened(messages.join(': ') || 'It failed without a message.');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return 'It failed with something that is no error.';
  }
}

function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}… (shortened)` : message;
}

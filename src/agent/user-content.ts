import type { UserContent } from '../workflow/protocol/index.ts';

/** What a user says, of an agent without an input schema: text or parts; or, from an agent that calls, `{ message }`. `undefined` when it is none of that. */
export function userContent(input: unknown): UserContent | undefined {
  if (typeof input === 'string') return input.trim() === '' ? undefined : input;
  if (Array.isArray(input)) return input.length > 0 && input.every(isPart) ? (input as UserContent) : undefined;
  const { message } = (input ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? userContent(message) : undefined;
}

function isPart(part: unknown): boolean {
  const { type, text, mediaType, data } = (part ?? {}) as Readonly<Record<string, unknown>>;
  if (type === 'text') return typeof text === 'string';
  return type === 'file' && typeof mediaType === 'string' && typeof data === 'string';
}

import { isGrpcServiceError } from '@temporalio/client';
import { ConfigurationError } from '../engine/index.ts';

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
/** Of what names something, in bytes of UTF-8, as servers count. */
const LONGEST_ID = 1000;
const FIX_SIZE = 'Servers take about 2 MB: keep what is large elsewhere, and pass where it is.';

/** Why JSON cannot carry a value; `undefined` when it can. */
export function jsonProblem(value: unknown): string | undefined {
  try {
    JSON.stringify(value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

/** Refuses what JSON cannot carry. @throws ConfigurationError */
export function checkJson(value: unknown, path: string): void {
  const problem = jsonProblem(value);
  if (problem !== undefined)
    throw new ConfigurationError(path, `cannot be written as JSON (${problem}).`, {
      fix: 'Give plain objects, lists, texts and numbers only.',
    });
}

/** Why something cannot be said to a model, because it is nothing; `undefined` when it can. */
export function emptiness(content: unknown): string | undefined {
  if (content === undefined || content === null) return 'is missing.';
  const isEmpty = content === '' || (Array.isArray(content) && content.length === 0);
  return isEmpty ? 'is empty, and models refuse empty messages.' : undefined;
}

/** Refuses what cannot be said to a model: nothing, empty text, and what JSON cannot carry. @throws ConfigurationError */
export function checkContent(content: unknown, path: string): void {
  const problem = emptiness(content);
  if (problem !== undefined) throw new ConfigurationError(path, problem, { fix: 'Say something.' });
  checkJson(content, path);
}

/** Refuses what names nothing: no text, empty text, and text that is too long for a server. @throws ConfigurationError */
export function checkId(id: unknown, path: string): void {
  if (typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= LONGEST_ID) return;
  const problem = typeof id !== 'string' ? 'is no text.' : id === '' ? 'is empty.' : 'is too long.';
  throw new ConfigurationError(path, problem, { fix: `Give a text of 1 to ${LONGEST_ID} bytes.` });
}

/** What the server says of something that is too large for it; `undefined` when it says something else. */
export function tooLarge(path: string, error: unknown): ConfigurationError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!isGrpcServiceError(at) || (at.code !== INVALID_ARGUMENT && at.code !== RESOURCE_EXHAUSTED)) continue;
    if (/size exceeds|larger than max/i.test(at.details))
      return new ConfigurationError(path, `is too large for the server (${at.details}).`, {
        fix: FIX_SIZE,
        cause: error,
      });
  }
  return undefined;
}

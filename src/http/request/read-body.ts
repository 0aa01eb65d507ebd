import type { ApiLimits } from '../options.ts';
import { HttpProblem, invalidRequest } from '../problems/problem.ts';
import { isDeeperThan, pointerToProto } from './json-text.ts';

/**
 * The JSON of a request's body; `undefined` when there is none.
 * @throws HttpProblem when it is too large, no JSON, no UTF-8, nested too deeply, or something else altogether.
 */
export async function readJson(request: Request, { bodyBytes, bodyDepth }: Required<ApiLimits>): Promise<unknown> {
  const bytes = await readBytes(request, bodyBytes);
  if (bytes.length === 0) return undefined;
  checkType(request);
  const text = decoded(bytes);
  if (isDeeperThan(text, bodyDepth))
    throw badRequest('BODY_TOO_DEEP', `The body is nested more than ${bodyDepth} levels deep.`, 'Make it flatter.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badRequest('BODY_NOT_JSON', `The body is no JSON: ${reason}`, 'Send valid JSON in UTF-8.', cause);
  }
  const pointer = pointerToProto(value);
  if (pointer !== undefined) throw invalidRequest([{ pointer, detail: 'This name is not allowed.' }]);
  return value;
}

async function readBytes(request: Request, most: number): Promise<Uint8Array> {
  const tooLarge = (): HttpProblem =>
    new HttpProblem('BODY_TOO_LARGE', `The body has more than ${most} bytes.`, {
      status: 413,
      title: 'The body is too large',
      fix: 'Keep what is large elsewhere, and send where it is.',
    });
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Counted while it arrives: what it says of its length need not be true, and may be missing.
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > most) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function checkType(request: Request): void {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const isEncoded = (request.headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity';
  if (!isEncoded && (type === 'application/json' || /^application\/[\w.+-]+\+json$/.test(type))) return;
  const what = isEncoded ? 'The body is compressed' : `The body is '${type || 'of no type'}'`;
  throw new HttpProblem('UNSUPPORTED_MEDIA_TYPE', `${what}; only plain application/json is taken.`, {
    status: 415,
    title: 'The body is of another kind',
    fix: 'Send JSON with content-type: application/json.',
    headers: { accept: 'application/json' },
  });
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badRequest('BODY_NOT_UTF8', 'The body is not valid UTF-8.', 'Send JSON in UTF-8.', cause);
  }
}

function badRequest(code: string, detail: string, fix: string, cause?: unknown): HttpProblem {
  return new HttpProblem(code, detail, { status: 400, title: 'The body cannot be read', fix, cause });
}

import type { Json } from '../workflow/protocol/index.ts';

const DEEPEST = 200;

/** What came of making JSON: the value, or where it is none, and why. */
export type EncodedJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly path: string; readonly problem: string };

/**
 * A value as JSON, if nothing is lost by that. As `JSON.stringify`, but for what that would change silently: dates, maps, functions, numbers that are none.
 * Missing things become `null`; keys with `undefined` are left out; objects that say how they are JSON (`toJSON`) are asked.
 */
export function encodeJson(value: unknown): EncodedJson {
  const above = new Set<object>();
  const visit = (member: unknown, path: string): Json => {
    if (member === undefined || member === null) return null;
    if (typeof member === 'string' || typeof member === 'boolean') return member;
    if (typeof member === 'number')
      return Number.isFinite(member) ? member : fail(path, `${member} is no number in JSON`);
    if (typeof member !== 'object') return fail(path, `a ${typeof member} is not JSON`);
    if (above.has(member)) return fail(path, 'it contains itself');
    if (above.size === DEEPEST) return fail(path, `it is nested more than ${DEEPEST} levels deep`);
    above.add(member);
    const encoded = visitObject(member, path, visit);
    above.delete(member);
    return encoded;
  };
  try {
    return { ok: true, value: visit(value, '') };
  } catch (error) {
    if (error instanceof NotJson) return { ok: false, path: error.path || 'the result', problem: error.message };
    throw error;
  }
}

class NotJson extends Error {
  readonly path: string;

  constructor(path: string, problem: string) {
    super(problem);
    this.path = path;
  }
}

function fail(path: string, problem: string): never {
  throw new NotJson(path, problem);
}

type Visit = (member: unknown, path: string) => Json;

function visitObject(object: object, path: string, visit: Visit): Json {
  if (Array.isArray(object)) return Array.from(object, (each, index) => visit(each, `${path}[${index}]`));
  const advice = foreign(object);
  if (advice !== undefined) return fail(path, advice);
  if ('toJSON' in object && typeof object.toJSON === 'function') return visit(read(object, 'toJSON', path), path);
  // A key may be __proto__: that must stay a key.
  const encoded = new Map<string, Json>();
  for (const key of Object.keys(object)) {
    const at = path === '' ? key : `${path}.${key}`;
    const member = read(object, key, at);
    if (member !== undefined) encoded.set(key, visit(member, at));
  }
  return Object.fromEntries(encoded);
}

/** Getters may throw, and that is the tool's fault, too. */
function read(object: object, key: string, path: string): unknown {
  try {
    const member = (object as Readonly<Record<string, unknown>>)[key];
    return key === 'toJSON' && typeof member === 'function' ? (member.call(object) as unknown) : member;
  } catch (error) {
    return fail(path, `reading it fails: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Objects that JSON would turn into something else. */
function foreign(object: object): string | undefined {
  if (object instanceof Date) return 'a Date is not JSON; use its toISOString()';
  if (object instanceof Map) return 'a Map is not JSON; use Object.fromEntries()';
  if (object instanceof Set) return 'a Set is not JSON; use an array';
  if (object instanceof Error) return 'an Error is not JSON; throw it, or use its message';
  if (object instanceof RegExp) return 'a RegExp is not JSON; use its source';
  if (object instanceof Promise) return 'a Promise is not JSON; await it';
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer || object instanceof Blob)
    return 'bytes are not JSON; use base64, or a file part';
  if (object instanceof WeakMap || object instanceof WeakSet || object instanceof WeakRef) return 'it is not JSON';
  return undefined;
}

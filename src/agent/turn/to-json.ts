import type { Json, JsonObject } from '../../workflow/protocol/index.ts';
import { MAX_DEPTH } from './limits.ts';

/** A value that JSON can't carry, or not safely. */
export class UnsafeJsonError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'UnsafeJsonError';
}

/** Enough for what providers attach to a part; a value with more of them is no such thing. */
const mostNodes = 100_000;

/**
 * A copy of a value that JSON can carry: bytes as base64, dates and URLs as text; functions and what is `undefined` are left out.
 * @throws UnsafeJsonError for cycles, big integers, infinite numbers, nesting beyond `MAX_DEPTH`, and keys that reach prototypes.
 */
export function toJson(value: unknown): Json {
  return copy(value, { depth: 0, count: { nodes: 0 } }) ?? null;
}

/** The same for what a provider attaches to a part. @returns `undefined` for what is no object, is empty, or can't be carried. */
export function toOptions(value: unknown): Readonly<Record<string, JsonObject>> | undefined {
  if (!isRecord(value)) return undefined;
  try {
    const json = toJson(value);
    if (!isRecord(json)) return undefined;
    const members = Object.entries(json).filter(([, member]) => isRecord(member));
    return members.length > 0 ? (Object.fromEntries(members) as Record<string, JsonObject>) : undefined;
  } catch {
    return undefined;
  }
}

interface Position {
  readonly depth: number;
  readonly count: { nodes: number };
}

function copy(value: unknown, position: Position): Json | undefined {
  const { count, depth } = position;
  count.nodes += 1;
  if (count.nodes > mostNodes) throw new UnsafeJsonError('It has too many members.');
  switch (typeof value) {
    case 'string':
      // A lone half of a character is refused by databases and providers.
      return value.toWellFormed();
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new UnsafeJsonError('It has a number that is too large.');
      return value === 0 ? 0 : value;
    case 'object':
      if (value === null) return null;
      if (depth >= MAX_DEPTH) throw new UnsafeJsonError(`It is nested more than ${MAX_DEPTH} levels deep.`);
      return copyObject(value, { count, depth: depth + 1 });
    case 'bigint':
      throw new UnsafeJsonError('It has a big integer.');
    default:
      return undefined;
  }
}

function copyObject(value: object, inside: Position): Json | undefined {
  if (Array.isArray(value)) return Array.from(value, (member) => copy(member, inside) ?? null);
  if (value instanceof Date || value instanceof URL) return JSON.parse(JSON.stringify(value)) as Json;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof Map || value instanceof Set) throw new UnsafeJsonError('It has a map or a set.');
  const result: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (key === '__proto__' || (key === 'constructor' && isRecord(member) && Object.hasOwn(member, 'prototype'))) {
      throw new UnsafeJsonError(`It has the key ${key}, which is not allowed.`);
    }
    const json = copy(member, inside);
    if (json !== undefined) result[key.toWellFormed()] = json;
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

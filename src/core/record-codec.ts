import Long from 'long';
import type { RunRecord } from './record.ts';

/**
 * Run records as text, for stores that keep them outside of memory. The text is JSON, so that a person can read it and SQLite's JSON functions
 * work on it. What JSON does not have is written as a string that starts with `~`, or an array that starts with such a string:
 *
 * | value                    | text                                 |
 * | ------------------------ | ------------------------------------ |
 * | a string starting with ~ | `"~~…"`                              |
 * | undefined                | `"~u"`                               |
 * | NaN, infinities, -0      | `"~nNaN"`, `"~n-Infinity"`, `"~n-0"` |
 * | Long, signed or unsigned | `"~l-12"`, `"~L12"`                  |
 * | bytes that are text      | `"~t…"`                              |
 * | other bytes              | `"~b` base64 `"`                     |
 * | Map                      | `["~map", key, value, …]`            |
 * | Set                      | `["~set", item, …]`                  |
 *
 * Objects of a class (messages decoded from protobuf) are written by their own fields and come back as plain objects.
 */
const VERSION = 1;

const MAP = '~map';
const SET = '~set';
/** Bytes with these are written as base64: as text they would be longer, and unreadable anyway. */
// oxlint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A record as text.
 * @throws TypeError when there is something in it that cannot be stored, such as a function.
 */
export function encodeRecord(record: RunRecord): string {
  return JSON.stringify({ version: VERSION, record: toJson(record) });
}

/**
 * The record that `encodeRecord` made the text from. Bytes come back as `Uint8Array`s, messages as plain objects.
 * @throws RangeError when a newer version of the codec wrote it; SyntaxError when it is no such text at all.
 */
export function decodeRecord(text: string): RunRecord {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || !('version' in document) || !('record' in document)) {
    throw new SyntaxError('This text is not a run record.');
  }
  if (document.version !== VERSION) {
    throw new RangeError(
      `This run record was written in format ${String(document.version)}; this version of Perdure reads format ${VERSION}.`,
    );
  }
  return fromJson(document.record) as RunRecord;
}

function toJson(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value.startsWith('~') ? `~${value}` : value;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : `~n${Object.is(value, -0) ? '-0' : value}`;
    case 'undefined':
      return '~u';
    case 'object':
      return value === null ? null : objectToJson(value);
    default:
      throw new TypeError(`A run record cannot hold a ${typeof value}.`);
  }
}

function objectToJson(value: object): unknown {
  if (Array.isArray(value)) return Array.from(value, toJson);
  if (value instanceof Map) return [MAP, ...Array.from(value).flatMap(([key, item]) => [toJson(key), toJson(item)])];
  if (value instanceof Set) return [SET, ...Array.from(value, toJson)];
  if (value instanceof Uint8Array) return bytesToJson(value);
  if (Long.isLong(value)) return `${value.unsigned ? '~L' : '~l'}${value.toString()}`;
  if (value instanceof Date) throw new TypeError('A run record cannot hold a Date.');
  // Without a prototype there is no setter behind the key `__proto__`, nor a `toJSON` that would take over.
  const fields = Object.create(null) as Record<string, unknown>;
  for (const [key, field] of Object.entries(value)) fields[key] = toJson(field);
  return fields;
}

function bytesToJson(bytes: Uint8Array): string {
  try {
    const text = utf8Decoder.decode(bytes);
    if (!CONTROL_CHARACTERS.test(text)) return `~t${text}`;
  } catch {
    // Not UTF-8.
  }
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `~b${btoa(binary)}`;
}

function fromJson(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('~') ? fromTagged(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return fromArray(value);
  const fields: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (key === '__proto__') defineField(fields, key, fromJson(field));
    else fields[key] = fromJson(field);
  }
  return fields;
}

function fromArray(items: readonly unknown[]): unknown {
  if (items[0] === SET) return new Set(items.slice(1).map(fromJson));
  if (items[0] !== MAP) return items.map(fromJson);
  const map = new Map<unknown, unknown>();
  for (let i = 1; i < items.length; i += 2) map.set(fromJson(items[i]), fromJson(items[i + 1]));
  return map;
}

function fromTagged(text: string): unknown {
  const rest = text.slice(2);
  switch (text[1]) {
    case '~':
      return text.slice(1);
    case 'u':
      return undefined;
    case 'n':
      return Number(rest);
    case 'l':
      return Long.fromString(rest);
    case 'L':
      return Long.fromString(rest, true);
    case 't':
      return utf8Encoder.encode(rest);
    case 'b':
      return Uint8Array.from(atob(rest), (character) => character.charCodeAt(0));
    default:
      throw new SyntaxError(`A run record has an unknown tag: ${text.slice(0, 2)}`);
  }
}

function defineField(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

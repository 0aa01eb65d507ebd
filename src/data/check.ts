import { encodeJson } from '../agent/encode-json.ts';
import type { Json, JsonSchema } from '../workflow/protocol/index.ts';
import { checkBySchema } from './check-schema.ts';
import { DataInvalidError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { DataMetadata, DataWriter, NewData } from './types.ts';

/** What is written, checked. JSON as text. */
export interface CheckedData {
  readonly key: string;
  readonly value: Json;
  readonly json: string;
  readonly bytes: number;
  readonly description: string | undefined;
  readonly schema: JsonSchema | undefined;
  readonly ttl: number | undefined;
}

/** Checks what is to be written. @throws DataInvalidError */
export function checkData(data: NewData, maxValueBytes: number): CheckedData {
  checkObject(data, 'data', ['key', 'value', 'metadata']);
  const { key, value, metadata = {} } = data;
  checkKey(key);
  if (value === undefined) throw new DataInvalidError('value', 'is missing.');
  const encoded = encode(value, 'value', maxValueBytes);
  return { key, ...encoded, ...checkMetadata(metadata, encoded.value) };
}

function checkMetadata(metadata: DataMetadata, value: Json): Pick<CheckedData, 'description' | 'schema' | 'ttl'> {
  checkObject(metadata, 'metadata', ['description', 'schema', 'ttl']);
  const { description, schema, ttl } = metadata;
  if (description !== undefined) checkText(description, 'metadata.description', LIMITS.descriptionBytes);
  if (ttl !== undefined && !(Number.isSafeInteger(ttl) && ttl >= 1 && ttl <= LIMITS.ttl))
    throw new DataInvalidError('metadata.ttl', `give whole seconds, from 1 to ${LIMITS.ttl}.`);
  if (schema === undefined) return { description, schema, ttl };
  checkObject(schema, 'metadata.schema');
  const { value: own } = encode(schema, 'metadata.schema', LIMITS.schemaBytes);
  checkBySchema(value, own as JsonSchema);
  return { description, schema: own as JsonSchema, ttl };
}

/** Checks who writes. @throws DataInvalidError */
export function checkWriter(writer: DataWriter): void {
  checkObject(writer, 'by', ['agent', 'workflowId', 'step', 'idempotencyKey']);
  checkName(writer.agent, 'by.agent', LIMITS.agentBytes);
  if (writer.workflowId !== undefined) checkName(writer.workflowId, 'by.workflowId', LIMITS.runBytes);
  if (writer.step !== undefined) checkName(writer.step, 'by.step', LIMITS.stepBytes);
  if (writer.idempotencyKey !== undefined)
    checkName(writer.idempotencyKey, 'by.idempotencyKey', LIMITS.idempotencyKeyBytes);
}

/** @throws DataInvalidError */
export function checkRun(run: string): void {
  checkName(run, 'run', LIMITS.runBytes);
}

/** @throws DataInvalidError */
export function checkKey(key: string): void {
  checkName(key, 'key', LIMITS.keyBytes);
  const control = /\p{Cc}/u.exec(key);
  if (control) throw new DataInvalidError('key', `it has the control character ${codeOf(control[0])}. Leave it out.`);
}

/** @throws DataInvalidError */
export function checkLimit(limit: number | undefined): number {
  if (limit === undefined) return LIMITS.page;
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= LIMITS.mostPage) return limit;
  throw new DataInvalidError('limit', `give a whole number from 1 to ${LIMITS.mostPage}.`);
}

/** An object without unknown members: a misspelt one must not mean nothing. */
export function checkObject(value: unknown, path: string, known?: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DataInvalidError(path, 'give an object.');
  const unknown = known && Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new DataInvalidError(path, `there is no ${JSON.stringify(unknown)}. Known here: ${known?.join(', ')}.`);
}

/** Text with something in it. */
export function checkName(text: unknown, path: string, most: number): void {
  checkText(text, path, most);
  if (text === '') throw new DataInvalidError(path, 'is empty.');
}

/** Text that a database can hold as it is. */
export function checkText(text: unknown, path: string, most: number): void {
  if (typeof text !== 'string') throw new DataInvalidError(path, text === undefined ? 'is missing.' : 'give a string.');
  refuseUnstorable(text, path);
  const bytes = Buffer.byteLength(text);
  if (bytes > most) throw new DataInvalidError(path, `has ${bytes} bytes; at most ${most} are allowed.`);
}

function encode(given: unknown, path: string, most: number): Pick<CheckedData, 'value' | 'json' | 'bytes'> {
  const encoded = encodeJson(given);
  if (!encoded.ok) {
    const inner = encoded.path === 'the result' ? '' : encoded.path;
    throw new DataInvalidError(join(path, inner), `${encoded.problem}.`);
  }
  const { value } = encoded;
  const json = toJson(value, path);
  const bytes = Buffer.byteLength(json);
  if (bytes > most) throw new DataInvalidError(path, `has ${bytes} bytes of JSON; at most ${most} are allowed.`);
  return { value, json, bytes };
}

/** As `JSON.stringify`, but that -0 stays what it is, and that it refuses text that PostgreSQL's functions on JSON can't read. */
function toJson(value: Json, path: string): string {
  const visit = (member: unknown, at: string): void => {
    if (typeof member === 'string') return refuseUnstorable(member, at);
    if (typeof member !== 'object' || member === null) return undefined;
    for (const [key, each] of Object.entries(member)) {
      refuseUnstorable(key, at);
      visit(each, Array.isArray(member) ? `${at}[${key}]` : `${at}.${key}`);
    }
    return undefined;
  };
  visit(value, path);
  return JSON.stringify(value, (_key, member: unknown) => (Object.is(member, -0) ? NEGATIVE_ZERO : member));
}

/** In every Node that runs this, but not yet in TypeScript's library. */
const NEGATIVE_ZERO = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('-0');

function refuseUnstorable(text: string, path: string): void {
  if (text.includes('\0'))
    throw new DataInvalidError(path, 'it has the character U+0000 (NUL), which PostgreSQL can not keep. Leave it out.');
  if (!text.isWellFormed())
    throw new DataInvalidError(
      path,
      'it has half of a character (a lone surrogate): text was cut in the middle of one. Send whole characters.',
    );
}

function join(path: string, inner: string): string {
  if (inner === '' || inner.startsWith('[')) return path + inner;
  return `${path}.${inner}`;
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

import type { temporal } from '@temporalio/proto';
import type { Payload } from '../proto.ts';
import type { RunRecord } from '../record.ts';
import { type AttributeType, attributeTypes } from './types.ts';

type SearchAttributes = temporal.api.common.v1.ISearchAttributes;

/** What is compared: text, numbers (`Bool`: 0 and 1; `Datetime`: milliseconds since the epoch), several texts of a `KeywordList`. */
export type AttributeValue = string | number | readonly string[];

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** RFC 3339, as servers read it: with a time and a zone. */
const datetime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** A payload that is no value of an attribute's type. */
export class WrongValue extends Error {
  override readonly name = 'WrongValue';
}

/** Milliseconds since the epoch, with what is below as a fraction; `undefined` when the text is no time with a date and a zone. */
export function parseDatetime(text: string): number | undefined {
  const [, seconds, fraction = '', zone] = datetime.exec(text) ?? [];
  if (seconds === undefined || !isOnClock(seconds)) return undefined;
  const time = Date.parse(`${seconds}${zone ?? ''}`);
  return Number.isNaN(time) ? undefined : time + Number(`0.${fraction}`) * 1000;
}

/** Whether there is such a day and time; `Date` takes February 30 for March 2, and 24 o'clock for the day after. */
function isOnClock(seconds: string): boolean {
  const time = Date.parse(`${seconds}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(seconds);
}

/** What JSON says in a payload. @throws WrongValue when there is no JSON in it. */
export function jsonOf(payload: Payload): unknown {
  const encoding = payload.metadata?.['encoding'];
  const name = encoding ? String.fromCharCode(...encoding) : '';
  if (name === 'binary/null') return null;
  if (name !== 'json/plain') throw new WrongValue('no JSON');
  try {
    return JSON.parse(decoder.decode(payload.data ?? new Uint8Array()));
  } catch {
    throw new WrongValue('no JSON');
  }
}

/**
 * The value of a payload; `undefined` for null, and for an empty list that is no `KeywordList`. A list of one counts as what is in it.
 * @throws WrongValue when it is of another type.
 */
export function decodeValue(payload: Payload, type: AttributeType): AttributeValue | undefined {
  const value = jsonOf(payload);
  if (value === null) return undefined;
  if (!Array.isArray(value)) {
    if (type === 'KeywordList') throw new WrongValue('no list');
    return single(value, type);
  }
  if (type === 'KeywordList') return value.map((item) => single(item, 'Keyword') as string);
  if (value.length === 0) return undefined;
  if (value.length > 1) throw new WrongValue('a list');
  return value[0] === null ? undefined : single(value[0], type);
}

function single(value: unknown, type: AttributeType): string | number {
  switch (type) {
    case 'Bool':
      if (typeof value === 'boolean') return Number(value);
      break;
    case 'Int':
      if (Number.isInteger(value) && Math.abs(value as number) < 2 ** 63) return value as number;
      break;
    case 'Double':
      if (typeof value === 'number') return value;
      break;
    case 'Datetime': {
      const time = typeof value === 'string' ? parseDatetime(value) : undefined;
      // Servers on SQL keep milliseconds.
      if (time !== undefined) return Math.floor(time);
      break;
    }
    default:
      if (typeof value === 'string') return value;
  }
  throw new WrongValue(type);
}

/** The value that a run has of an attribute; `undefined` for none, and for what is of another type, as values from before a declaration may be. */
export function valueOf(record: RunRecord, name: string, type: AttributeType): AttributeValue | undefined {
  const payload = fieldOf(record.searchAttributes, name);
  return payload === undefined ? undefined : lenient(payload, type);
}

/** Values of a run by which indexes find it, by attribute: all but those of `Text`, which are searched for words. */
export function indexedValues(attributes: SearchAttributes | undefined): Map<string, readonly (string | number)[]> {
  const found = new Map<string, readonly (string | number)[]>();
  for (const [name, payload] of Object.entries(attributes?.indexedFields ?? {})) {
    const type = typeOfPayload(payload);
    const value = type === undefined || type === 'Text' ? undefined : lenient(payload, type);
    if (value !== undefined) found.set(name, typeof value === 'object' ? [...new Set(value)] : [value]);
  }
  return found;
}

/** Attributes with their types said in each payload. */
export function withTypes(
  attributes: SearchAttributes,
  typeOf: (name: string) => AttributeType | undefined,
): SearchAttributes {
  const fields = Object.entries(attributes.indexedFields ?? {}).map(([name, payload]): [string, Payload] => {
    const type = typeOf(name);
    if (type === undefined || typeOfPayload(payload) === type) return [name, payload];
    return [name, { ...payload, metadata: { ...payload.metadata, type: encoder.encode(type) } }];
  });
  return { indexedFields: Object.fromEntries(fields) };
}

function typeOfPayload({ metadata }: Payload): AttributeType | undefined {
  const said = metadata?.['type'];
  const name = said ? String.fromCharCode(...said) : '';
  return attributeTypes.find((type) => type === name);
}

function fieldOf(attributes: SearchAttributes | undefined, name: string): Payload | undefined {
  const fields = attributes?.indexedFields;
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function lenient(payload: Payload, type: AttributeType): AttributeValue | undefined {
  try {
    return decodeValue(payload, type);
  } catch (error) {
    if (error instanceof WrongValue) return undefined;
    throw error;
  }
}

import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import type { Failure, Payload, Payloads } from './proto.ts';

const { Link, Payload: PayloadMessage } = proto.temporal.api.common.v1;
const { Failure: FailureMessage } = proto.temporal.api.failure.v1;
const { Request: UpdateRequest } = proto.temporal.api.update.v1;

type Fields = Readonly<Record<string, Payload>> | null | undefined;

// Values and memos are in every turn: their sizes are added up. The rest is rare, and left to a writer, which knows the length before it writes.

/** The size of values, encoded. Bytes. */
export function payloadsSize(payloads: Payloads | null | undefined): number {
  let size = 0;
  for (const payload of payloads?.payloads ?? []) size += fieldSize(payloadSize(payload));
  return size;
}

/** The size of a memo, encoded. Bytes. */
export function memoSize(memo: temporal.api.common.v1.IMemo | null | undefined): number {
  let size = 0;
  for (const [name, payload] of Object.entries(memo?.fields ?? {})) size += entrySize(name, payloadSize(payload));
  return size;
}

function payloadSize(payload: Payload): number {
  const { metadata, data, externalPayloads } = payload;
  if (externalPayloads?.length) return PayloadMessage.encode(payload).len;
  let size = data?.length ? fieldSize(data.length) : 0;
  for (const [name, value] of Object.entries(metadata ?? {})) size += entrySize(name, value.length);
  return size;
}

/** An entry of a map is a message of a name and a value. */
function entrySize(name: string, valueLength: number): number {
  return fieldSize(fieldSize(utf8Length(name)) + fieldSize(valueLength));
}

/** A field of so many bytes: a tag, the length in groups of seven bits, the bytes. */
function fieldSize(length: number): number {
  let groups = 1;
  for (let rest = length; rest > 0x7f; rest >>>= 7) groups++;
  return 1 + groups + length;
}

/** The size of a failure with its causes, encoded. Bytes. */
export function failureSize(failure: Failure | null | undefined): number {
  return failure ? FailureMessage.encode(failure).len : 0;
}

/** The size of what an update asks for, encoded. Bytes. */
export function updateRequestSize(request: temporal.api.update.v1.IRequest): number {
  return UpdateRequest.encode(request).len;
}

/** The size of a link, encoded. Bytes. */
export function linkSize(link: temporal.api.common.v1.ILink): number {
  return Link.encode(link).len;
}

/** Names and data of fields, without what they are encoded with: so changes of memos and search attributes are measured. Bytes. */
export function fieldsSize(fields: Fields): number {
  let size = 0;
  for (const [name, payload] of Object.entries(fields ?? {})) size += utf8Length(name) + (payload.data?.length ?? 0);
  return size;
}

/** The size of the details of a marker. Bytes. */
export function detailsSize(details: Readonly<Record<string, Payloads>> | null | undefined): number {
  let size = 0;
  for (const [name, payloads] of Object.entries(details ?? {})) size += utf8Length(name) + payloadsSize(payloads);
  return size;
}

/** The length of a text in UTF-8, as servers count. Bytes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) length += 1;
    // Two halves of a character make four bytes together.
    if (code > 0x7ff && (code < 0xd800 || code > 0xdfff)) length += 1;
  }
  return length;
}

/** About the size of a message, without encoding it: text counts as if all of it were plain, numbers as two bytes. */
export function roughSize(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return 2 + value.length;
  if (typeof value !== 'object' || value === null) return 2;
  let size = 0;
  for (const name of Object.keys(value)) size += roughSize((value as Record<string, unknown>)[name]);
  return size;
}

/** A text cut to a number of bytes in UTF-8, between characters. */
export function truncateUtf8(text: string, bytes: number): string {
  if (bytes <= 0) return '';
  if (text.length * 3 <= bytes || utf8Length(text) <= bytes) return text;
  let length = 0;
  let at = 0;
  for (const character of text) {
    length += utf8Length(character);
    if (length > bytes) break;
    at += character.length;
  }
  return text.slice(0, at);
}

import type { Payload } from '../proto.ts';

type Fields = Record<string, Payload> | null | undefined;

/** A memo, or search attributes, with changes; an empty value removes an entry. */
export function mergeFields(before: Fields, changes: Fields): Record<string, Payload> {
  const entries = new Map(Object.entries(before ?? {}));
  for (const [name, value] of Object.entries(changes ?? {})) {
    if (isEmpty(value)) entries.delete(name);
    else entries.set(name, value);
  }
  return Object.fromEntries(entries);
}

/** `null`, or an empty list: what the SDKs send to remove an entry. */
function isEmpty(value: Payload): boolean {
  const data = value.data ?? new Uint8Array();
  if (data.length === 0) return true;
  const text = data.length <= 4 ? String.fromCharCode(...data) : '';
  return text === 'null' || text === '[]';
}

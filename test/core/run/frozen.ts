import Long from 'long';

function refuse(): never {
  throw new TypeError('A stored record was changed.');
}

/** Makes every change of a value, however deep, an error. Returns the value itself. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Uint8Array || Long.isLong(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const item of value) freezeDeep(item);
    Object.assign(value, { set: refuse, add: refuse, delete: refuse, clear: refuse });
  } else {
    for (const item of Object.values(value)) freezeDeep(item);
  }
  return Object.freeze(value);
}

/** The same without what freezing added, to compare it. */
export function thawed<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array || Long.isLong(value)) return value;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, thawed(item as unknown)])) as T;
  if (value instanceof Set) return new Set(value) as T;
  if (Array.isArray(value)) return value.map((item) => thawed(item as unknown)) as T;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, thawed(item as unknown)])) as T;
}

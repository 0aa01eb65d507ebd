import { createHash } from 'node:crypto';

/** Metadata of a payload whose data is kept elsewhere: the name of the data, and, after a space, what stood here before. */
const REFERENCE = 'perdure-data';
const HASH_LENGTH = 64;
const PAYLOAD_FIELDS: ReadonlySet<string> = new Set(['metadata', 'data', 'externalPayloads']);

/** Data of a payload that is kept beside what it belongs to. */
export interface DetachedData {
  /** Its SHA-256, in hex. */
  readonly name: string;
  readonly data: Uint8Array;
}

interface Payload {
  readonly metadata?: Readonly<Record<string, Uint8Array>> | null;
  readonly data?: Uint8Array | null;
}

/** Names of data that was named already: payloads are never changed, and handed on as they are. */
const names = new WeakMap<Uint8Array, string>();

/**
 * A copy of an event or record in which payloads with more data than `threshold` bytes refer to it; what has none is given back as it is.
 * @param keep told about each data that is referred to.
 */
export function detachPayloads<Value>(value: Value, threshold: number, keep: (data: DetachedData) => void): Value {
  return mapPayloads(value, (payload) => {
    const { data, metadata } = payload;
    const own = metadata?.[REFERENCE];
    // A payload that looks like a reference must not be taken for one.
    if ((data?.length ?? 0) <= threshold && own === undefined) return payload;
    const bytes = data ?? new Uint8Array();
    const name = nameOf(bytes);
    keep({ name, data: bytes });
    const reference = own === undefined ? Buffer.from(name) : Buffer.concat([Buffer.from(`${name} `), own]);
    return copyWith(payload, { data: undefined, metadata: { ...metadata, [REFERENCE]: reference } });
  }) as Value;
}

/** The same with the data back in its place. @throws RangeError when some is missing. */
export function attachPayloads<Value>(value: Value, stored: ReadonlyMap<string, Uint8Array>): Value {
  return mapPayloads(value, (payload) => {
    const reference = payload.metadata?.[REFERENCE];
    if (reference === undefined) return payload;
    const { name, own } = readReference(reference);
    const data = stored.get(name);
    if (data === undefined) throw new RangeError(`The data ${name} of a payload is missing.`);
    const { [REFERENCE]: _, ...metadata } = payload.metadata ?? {};
    return copyWith(payload, { data, metadata: own === undefined ? metadata : { ...metadata, [REFERENCE]: own } });
  }) as Value;
}

/** Names of all data that something refers to, each once. */
export function namesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  mapPayloads(value, (payload) => {
    const reference = payload.metadata?.[REFERENCE];
    if (reference !== undefined) found.add(readReference(reference).name);
    return payload;
  });
  return found;
}

/** Whether an encoded event or record may have references; most have none, and need not be looked through. */
export function mayRefer(encoded: Buffer | string): boolean {
  return encoded.includes(REFERENCE);
}

/** Notes the name of data that was just read. */
export function rememberName({ name, data }: DetachedData): void {
  names.set(data, name);
}

function nameOf(data: Uint8Array): string {
  let name = names.get(data);
  if (name === undefined) {
    name = createHash('sha256').update(data).digest('hex');
    names.set(data, name);
  }
  return name;
}

function readReference(reference: Uint8Array): { readonly name: string; readonly own: Uint8Array | undefined } {
  const name = Buffer.from(reference.subarray(0, HASH_LENGTH)).toString();
  return {
    name,
    own: reference.length === HASH_LENGTH ? undefined : new Uint8Array(reference.subarray(HASH_LENGTH + 1)),
  };
}

/** Goes through everything that a record or event consists of. */
function mapPayloads(value: unknown, change: (payload: Payload) => Payload): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return mapItems(value, (item) => mapPayloads(item, change));
  if (value instanceof Map) {
    const entries = [...value];
    const changed = mapItems(entries, (entry) => mapPayloads(entry, change));
    return changed === entries ? value : new Map(changed as [unknown, unknown][]);
  }
  if (value instanceof Set) return value;
  if (isPayload(value)) return change(value);
  const changes: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const changed = mapPayloads(field, change);
    if (changed !== field) changes.push([name, changed]);
  }
  return changes.length === 0 ? value : copyWith(value, Object.fromEntries(changes));
}

/** Of the same class, as what is read has to look like what was written. */
function copyWith<Value extends object>(value: Value, fields: object): Value {
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as Value;
  for (const [name, field] of [...Object.entries(value), ...Object.entries(fields)]) {
    Object.defineProperty(copy, name, { value: field, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

function mapItems(items: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  const changed = items.map(change);
  return changed.some((item, index) => item !== items[index]) ? changed : items;
}

/** Other messages have fields of these names too, but not these alone, or they look different. */
function isPayload(value: object): value is Payload {
  const { data, metadata } = value as { readonly data?: unknown; readonly metadata?: unknown };
  if (!(data instanceof Uint8Array) && (typeof metadata !== 'object' || metadata === null)) return false;
  return (
    Object.keys(value).every((name) => PAYLOAD_FIELDS.has(name)) &&
    Object.values(metadata ?? {}).every((part) => part instanceof Uint8Array)
  );
}

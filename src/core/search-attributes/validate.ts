import type { temporal } from '@temporalio/proto';
import proto from '@temporalio/proto';
import type { Payload } from '../proto.ts';
import {
  type AttributeType,
  type AttributeTypes,
  predefinedAttributes,
  serverAttributes,
  systemAttributes,
} from './types.ts';
import { decodeValue, jsonOf, withTypes, WrongValue } from './value.ts';

type SearchAttributes = temporal.api.common.v1.ISearchAttributes;

/** Limits of a server: how many attributes, bytes of one value, bytes of all. */
const MOST_ATTRIBUTES = 100;
const LARGEST_VALUE = 2 * 1024;
const LARGEST_TOTAL = 40 * 1024;

const { SearchAttributes: Message } = proto.temporal.api.common.v1;

/** Search attributes that a run may not have. The message is a server's. */
export class SearchAttributeProblem extends Error {
  override readonly name = 'SearchAttributeProblem';
  /** Nobody has declared it. */
  readonly isUnknownName: boolean;

  constructor(message: string, isUnknownName = false) {
    super(message);
    this.isUnknownName = isUnknownName;
  }
}

/** What attributes mean in a namespace. */
export interface AttributeScope {
  readonly namespace: string;
  /** Those that were declared there. */
  readonly declared: AttributeTypes;
}

/**
 * Search attributes as they are recorded: each with its type.
 * @throws SearchAttributeProblem when one is not declared, of another type or nobody's to set.
 */
export function checkedAttributes(attributes: SearchAttributes, scope: AttributeScope): SearchAttributes {
  const fields = Object.entries(attributes.indexedFields ?? {});
  const typeOf = (name: string): AttributeType | undefined =>
    predefinedAttributes.get(name) ?? scope.declared.get(name);
  for (const [name] of fields) {
    if (typeOf(name) === undefined && !systemAttributes.has(name)) throw unknownAttribute(name, scope.namespace);
  }
  if (fields.length > MOST_ATTRIBUTES) {
    throw new SearchAttributeProblem(`number of search attributes ${fields.length} exceeds limit ${MOST_ATTRIBUTES}`);
  }
  for (const [name, payload] of fields) {
    const type = serverAttributes.has(name) ? undefined : typeOf(name);
    if (type === undefined) throw new SearchAttributeProblem(`${name} attribute can't be set in SearchAttributes`);
    refuseWrongValue(name, payload, type);
  }
  return withTypes(attributes, typeOf);
}

/** The problem of an attribute that nobody declared. */
function unknownAttribute(name: string, namespace: string): SearchAttributeProblem {
  return new SearchAttributeProblem(`Namespace ${namespace} has no mapping defined for search attribute ${name}`, true);
}

/** @throws SearchAttributeProblem when values, or all together, are too large. */
export function checkAttributeSizes(attributes: SearchAttributes): void {
  for (const [name, payload] of Object.entries(attributes.indexedFields ?? {})) {
    const size = payload.data?.length ?? 0;
    if (size > LARGEST_VALUE) {
      throw new SearchAttributeProblem(
        `search attribute ${name} value size ${size} exceeds size limit ${LARGEST_VALUE}`,
      );
    }
  }
  const total = Message.encode(attributes).finish().length;
  if (total > LARGEST_TOTAL) {
    throw new SearchAttributeProblem(`total size of search attributes ${total} exceeds size limit ${LARGEST_TOTAL}`);
  }
}

function refuseWrongValue(name: string, payload: Payload, type: AttributeType): void {
  try {
    decodeValue(payload, type);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    throw new SearchAttributeProblem(`invalid value for search attribute ${name} of type ${type}: ${shown(payload)}`);
  }
}

/** A value as servers print it. */
function shown(payload: Payload): string {
  try {
    return print(jsonOf(payload));
  } catch {
    return `value from <${JSON.stringify(String.fromCharCode(...(payload.data ?? [])))}>`;
  }
}

function print(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${print(item)}`).join(' ')}]`;
}

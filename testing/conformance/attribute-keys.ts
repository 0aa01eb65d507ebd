import type { SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';

type Key<T extends SearchAttributeType> = ReturnType<typeof defineSearchAttributeKey<T>>;

/** Search attributes that the scenarios declare. */
export const keys: {
  readonly flag: Key<typeof SearchAttributeType.BOOL>;
  readonly when: Key<typeof SearchAttributeType.DATETIME>;
  readonly amount: Key<typeof SearchAttributeType.DOUBLE>;
  readonly number: Key<typeof SearchAttributeType.INT>;
  readonly name: Key<typeof SearchAttributeType.KEYWORD>;
  readonly tags: Key<typeof SearchAttributeType.KEYWORD_LIST>;
  readonly note: Key<typeof SearchAttributeType.TEXT>;
} = {
  flag: defineSearchAttributeKey('PerdureFlag', 'BOOL'),
  when: defineSearchAttributeKey('PerdureWhen', 'DATETIME'),
  amount: defineSearchAttributeKey('PerdureAmount', 'DOUBLE'),
  number: defineSearchAttributeKey('PerdureNumber', 'INT'),
  name: defineSearchAttributeKey('PerdureName', 'KEYWORD'),
  tags: defineSearchAttributeKey('PerdureTags', 'KEYWORD_LIST'),
  note: defineSearchAttributeKey('PerdureNote', 'TEXT'),
};

/** What a run has, for comparing: names and values. */
export type Shown = Record<string, unknown>;

/** Attributes as a plain object. */
export function shown(attributes: TypedSearchAttributes): Shown {
  const pairs = attributes
    .getAll()
    .map(({ key, value }): [string, unknown] => [key.name, value instanceof Date ? value.toISOString() : value]);
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

import type { Payload } from './proto.ts';
import { SEARCH_ATTRIBUTE_SIZE } from './limits.ts';
import { searchAttributesSize } from './sizes.ts';

/** Why search attributes are too large, in the words of a Temporal server; `undefined` when they are not. */
export function searchAttributesProblem(
  indexedFields: Readonly<Record<string, Payload>> | null | undefined,
): string | undefined {
  const { value, total } = SEARCH_ATTRIBUTE_SIZE;
  for (const [name, { data }] of Object.entries(indexedFields ?? {})) {
    const size = data?.length ?? 0;
    if (size > value) return `search attribute ${name} value size ${size} exceeds size limit ${value}`;
  }
  const size = searchAttributesSize(indexedFields);
  return size > total ? `total size of search attributes ${size} exceeds size limit ${total}` : undefined;
}

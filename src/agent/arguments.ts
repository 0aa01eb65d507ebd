import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What came of checking a value. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const MOST_ISSUES = 10;
const DEEPEST = 200;

/**
 * Checks what a model or a caller gave, as JSON, and lets the schema transform it. Never throws: a schema's own error is a problem, too.
 * @returns the schema's output, or what is wrong, in words for a model.
 */
export async function checkValue(schema: StandardSchemaV1, value: unknown): Promise<Checked<unknown>> {
  const harm = findHarm(value, [], 0);
  if (harm !== undefined) return { ok: false, problem: harm };
  try {
    const result = await schema['~standard'].validate(value);
    return result.issues ? { ok: false, problem: describe(result.issues) } : { ok: true, value: result.value };
  } catch (error) {
    return { ok: false, problem: `it can't be checked: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/**
 * What would harm whoever merges the value into another object: keys that reach prototypes.
 */
function findHarm(value: unknown, path: readonly string[], depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > DEEPEST) return `it is nested more than ${DEEPEST} levels deep`;
  for (const [key, member] of Object.entries(value)) {
    const reaches = key === '__proto__' || (key === 'constructor' && hasPrototype(member));
    if (reaches) return `the key ${[...path, key].join('.')} is not allowed`;
    const harm = findHarm(member, [...path, key], depth + 1);
    if (harm !== undefined) return harm;
  }
  return undefined;
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

function describe(issues: readonly StandardSchemaV1.Issue[]): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const at = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
    return at === '' ? message : `${at}: ${message}`;
  });
  const more = issues.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

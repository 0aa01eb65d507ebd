import { type Context, Script, createContext } from 'node:vm';
import { jsonSchemaValidator } from '../agent/json-schema.ts';
import type { Json, JsonObject, JsonSchema } from '../workflow/protocol/index.ts';
import { DataInvalidError } from './errors.ts';

/** A schema comes from a model: its patterns and references must not hold up the process. Milliseconds. */
const LONGEST_CHECK_MS = 250;
const MOST_ISSUES = 5;

/** What makes a check stop in time: the clock of a script, which also ends what the script calls. */
interface Watch {
  readonly context: Context;
  readonly script: Script;
}
let watch: Watch | undefined;

/**
 * Checks a value by a JSON Schema. Takes no longer than a quarter of a second, whatever the schema says.
 * @throws DataInvalidError when it does not match, or the schema can't be used.
 */
export function checkBySchema(value: Json, schema: JsonSchema): void {
  refuseForeignReferences(schema, 'metadata.schema');
  const result = inTime(() => jsonSchemaValidator(schema)['~standard'].validate(value));
  const issues = (
    result as { readonly issues?: readonly { readonly message: string; readonly path?: readonly string[] }[] }
  ).issues;
  if (issues === undefined) return;
  const told = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const at = path.join('.');
    return at === '' ? message : `${at}: ${message}`;
  });
  throw new DataInvalidError('value', `it does not match metadata.schema: ${told.join('; ')}`);
}

function inTime(check: () => unknown): unknown {
  watch ??= { context: createContext({}), script: new Script('check()') };
  watch.context['check'] = check;
  try {
    return watch.script.runInContext(watch.context, { timeout: LONGEST_CHECK_MS });
  } catch (cause) {
    // Of the script's realm, so that it is no `Error` of this one.
    const isSlow = (cause as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    const problem = isSlow
      ? `checking by it takes longer than ${LONGEST_CHECK_MS} ms. Use simpler patterns and fewer references.`
      : `it can't be used: ${String(cause)}`;
    throw new DataInvalidError('metadata.schema', problem, { cause });
  } finally {
    delete watch.context['check'];
  }
}

/** Keywords under which there are no schemas: values, which may look like anything. */
const VALUES = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords under which names are an author's own. */
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** Nothing is fetched: a schema refers to itself or to nothing. */
function refuseForeignReferences(schema: unknown, path: string): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, member] of Object.entries(schema as JsonObject)) {
    const at = `${path}.${key}`;
    if (VALUES.has(key)) continue;
    if (BY_NAME.has(key) && typeof member === 'object' && member !== null) {
      for (const [name, each] of Object.entries(member)) refuseForeignReferences(each, `${at}.${name}`);
      continue;
    }
    const isReference = key === '$ref' || key === '$dynamicRef' || key === '$recursiveRef';
    if (isReference && typeof member === 'string' && !member.startsWith('#'))
      throw new DataInvalidError(at, `${JSON.stringify(member)} is outside of the schema. Put it under $defs.`);
    refuseForeignReferences(member, at);
  }
}

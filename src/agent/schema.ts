import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonObject, JsonSchema } from '../workflow/protocol/index.ts';
import { DefinitionError } from './errors.ts';

const TARGET = 'draft-2020-12';

/** Whether a value keeps to Standard Schema. Some libraries' schemas are functions. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value))
    return false;
  const props: unknown = value['~standard'];
  return typeof props === 'object' && props !== null && 'validate' in props && typeof props.validate === 'function';
}

/**
 * What a schema accepts, as JSON Schema: by Standard JSON Schema, or by zod's own converter.
 * @param path where the schema was given; @param beside the option that takes a JSON Schema instead.
 * @throws DefinitionError when neither can say it.
 */
export function toJsonSchema(schema: StandardSchemaV1, path: string, beside: string): JsonSchema {
  const convert = converterOf(schema);
  if (!convert)
    throw new DefinitionError(
      path,
      `the library ${JSON.stringify(schema['~standard'].vendor)} can't say it as JSON Schema.`,
      {
        fix: `Use a schema with Standard JSON Schema (zod 4, valibot's toStandardJsonSchema, arktype), or give ${beside}.`,
      },
    );
  try {
    return plain(convert());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DefinitionError(path, `it can't be said as JSON Schema: ${reason}.`, {
      fix: `Describe what arrives as JSON (text, numbers, lists, objects), or give ${beside}.`,
      cause,
    });
  }
}

/** A JSON Schema as given, checked to be one of an object: models call functions with objects. */
export function objectSchema(schema: unknown, path: string): JsonSchema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new DefinitionError(path, 'is no JSON Schema.', {
      fix: "Give an object such as { type: 'object', properties: {} }.",
    });
  const root = schema as JsonObject;
  if (root['type'] === 'object') return root;
  if (root['type'] === undefined && acceptsObjectsOnly(root)) return { type: 'object', ...root };
  throw new DefinitionError(path, 'it has to describe an object, because models call with named arguments.', {
    fix: 'Wrap it, e.g. as { value: … }.',
  });
}

/** A union, an intersection or a reference of objects. */
function acceptsObjectsOnly(schema: JsonObject): boolean {
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const branches = schema[key];
    if (!Array.isArray(branches)) continue;
    const accepts = (branch: unknown): boolean =>
      typeof branch === 'object' &&
      branch !== null &&
      ((branch as JsonObject)['type'] === 'object' || acceptsObjectsOnly(branch as JsonObject));
    return key === 'allOf' ? branches.some(accepts) : branches.every(accepts);
  }
  return typeof schema['$ref'] === 'string';
}

/** How a schema makes JSON Schema of what it accepts, if it can. */
function converterOf(schema: StandardSchemaV1): (() => Record<string, unknown>) | undefined {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1['~standard']>;
  if (typeof jsonSchema?.input === 'function') return () => jsonSchema.input({ target: TARGET });
  if (!('_zod' in schema)) return undefined;
  const zod = applicationZod();
  return zod && (() => zod.toJSONSchema(schema, { target: TARGET, io: 'input' }));
}

interface Zod {
  toJSONSchema(schema: unknown, options: { readonly target: string; readonly io: 'input' }): Record<string, unknown>;
}

/** The application's zod: one that is too old for Standard JSON Schema. */
function applicationZod(): Zod | undefined {
  try {
    const zod = createRequire(join(process.cwd(), 'package.json'))('zod') as Partial<Zod>;
    return typeof zod.toJSONSchema === 'function' ? (zod as Zod) : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing but JSON, and without the note which draft it is: that one would be said to models on every call. */
function plain(schema: Record<string, unknown>): JsonSchema {
  const { $schema: _, ...rest } = JSON.parse(JSON.stringify(schema)) as JsonObject;
  return rest;
}

import { type OutputUnit, Validator } from '@cfworker/json-schema';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonSchema } from '../workflow/protocol/index.ts';

/**
 * A Standard Schema that checks by a JSON Schema and changes nothing.
 * @typeParam T what the author says that it accepts.
 */
export function jsonSchemaValidator<T = unknown>(schema: JsonSchema): StandardSchemaV1<T, T> {
  const { $schema } = schema;
  const draft = typeof $schema === 'string' && $schema.includes('draft-07') ? '7' : '2020-12';
  // The validator writes notes into the schema that it is given.
  const validator = new Validator(structuredClone(schema), draft, false);
  return {
    '~standard': {
      version: 1,
      vendor: 'perdure',
      validate: (value) => {
        try {
          const { valid, errors } = validator.validate(withoutPrototypes(value));
          return valid ? { value: value as T } : { issues: specific(errors).map(toIssue) };
        } catch (error) {
          // Keys that are no valid Unicode, nesting without end: such a value is wrong, and nothing else is.
          return { issues: [{ message: `It can't be checked: ${String(error)}` }] };
        }
      },
    },
  };
}

/** A copy whose objects have no keys but their own: the validator would find `constructor` in any other. */
function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  if (typeof value !== 'object' || value === null) return value === undefined ? null : value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) if (member !== undefined) copy[key] = withoutPrototypes(member);
  return copy;
}

/** Keywords whose errors only say that another error exists. */
const WRAPPERS = new Set(
  'false $ref $recursiveRef $dynamicRef properties patternProperties items prefixItems allOf'.split(' '),
);

function specific(errors: readonly OutputUnit[]): readonly OutputUnit[] {
  const telling = errors.filter(({ keyword }) => !WRAPPERS.has(keyword));
  const useful = telling.filter((error) => !telling.some((other) => explains(other, error)));
  return useful.length > 0 ? useful : errors;
}

/** A property that is wrong counts as an additional one, too, for the validator. */
function explains(error: OutputUnit, additional: OutputUnit): boolean {
  const [, key] = /^Property "(.*)" does not match (?:additional|unevaluated) /s.exec(additional.error) ?? [];
  if (key === undefined) return false;
  const place = `${additional.instanceLocation}/${encodeURI(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
  return error.instanceLocation === place || error.instanceLocation.startsWith(`${place}/`);
}

function toIssue({ instanceLocation, error }: OutputUnit): StandardSchemaV1.Issue {
  const path = instanceLocation
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
  return { message: error, path };
}

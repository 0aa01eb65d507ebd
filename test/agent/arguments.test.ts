import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkValue } from '../../src/agent/arguments.ts';
import { jsonSchemaValidator } from '../../src/agent/json-schema.ts';

const anything = jsonSchemaValidator({ type: 'object' });
const parse = (json: string): unknown => JSON.parse(json);

describe('checkValue', () => {
  it.each([
    ['{"__proto__":{"admin":true}}', '__proto__'],
    ['{"a":[{"__proto__":1}]}', 'a.0.__proto__'],
    ['{"a":{"constructor":{"prototype":{"admin":true}}}}', 'a.constructor'],
  ])('refuses keys that reach prototypes: %s', async (json, key) => {
    expect(await checkValue(anything, parse(json))).toEqual({ ok: false, problem: `the key ${key} is not allowed` });
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('lets harmless keys pass that objects have anyway', async () => {
    const value = parse('{"constructor":"Renzo Piano","toString":1,"hasOwnProperty":true}');
    expect(await checkValue(anything, value)).toEqual({ ok: true, value });
  });

  it('does not take inherited members for arguments', async () => {
    const schema = jsonSchemaValidator({ type: 'object', required: ['constructor', 'toString'] });
    expect(await checkValue(schema, {})).toMatchObject({
      ok: false,
      problem: expect.stringContaining('"constructor"'),
    });
  });

  it('refuses nesting without end', async () => {
    const deep = parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
    expect(await checkValue(anything, deep)).toMatchObject({ problem: 'it is nested more than 200 levels deep' });
  });

  it('takes broken Unicode in keys for a wrong value', async () => {
    const schema = jsonSchemaValidator({ type: 'object', additionalProperties: { type: 'number' } });
    expect(await checkValue(schema, { '\uD800': 'x' })).toMatchObject({ ok: false });
  });

  it('names at most ten issues, each with its place', async () => {
    const schema = z.object({ list: z.array(z.object({ id: z.number() })) });
    const list = Array.from({ length: 12 }, () => ({ id: 'x' }));
    const checked = await checkValue(schema, { list });
    expect(checked.ok).toBe(false);
    expect(!checked.ok && checked.problem).toMatch(/^list\.0\.id: .*; and 2 more$/);
  });

  it('takes an error of the schema itself for a wrong value', async () => {
    const schema = z.object({
      a: z.string().refine(() => {
        throw new Error('the database is away');
      }),
    });
    expect(await checkValue(schema, { a: 'x' })).toEqual({
      ok: false,
      problem: "it can't be checked: the database is away",
    });
  });
});

describe('jsonSchemaValidator', () => {
  it('leaves the schema that it is given as it was', async () => {
    const schema = Object.freeze({
      type: 'object',
      properties: Object.freeze({ a: Object.freeze({ $ref: '#/$defs/a' }) }),
      $defs: { a: { type: 'string' } },
    });
    expect(await checkValue(jsonSchemaValidator(schema), { a: 1 })).toMatchObject({ ok: false, problem: /^a: / });
    expect(Object.keys(schema)).toEqual(['type', 'properties', '$defs']);
  });

  it('keeps to draft 7 when the schema does', async () => {
    const items = [{ type: 'string' }, { type: 'number' }];
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const schema = jsonSchemaValidator({ $schema, type: 'object', properties: { pair: { type: 'array', items } } });
    expect(await checkValue(schema, { pair: ['a', 1] })).toMatchObject({ ok: true });
    expect(await checkValue(schema, { pair: [1, 'a'] })).toMatchObject({ ok: false });
  });
});

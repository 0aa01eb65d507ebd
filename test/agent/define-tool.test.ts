import { toStandardJsonSchema } from '@valibot/to-json-schema';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkValue } from '../../src/agent/arguments.ts';
import { type AnyToolOptions, completeTool } from '../../src/agent/define-tool.ts';
import { DefinitionError, defineTool } from '../../src/index.ts';
import { refusal } from './support.ts';

const base = { name: 'lookup', description: 'Looks something up.', run: () => 'found' };
/** Options as plain JavaScript may give them. */
const loose = (options: object): unknown => completeTool({ ...base, ...options });

describe('defineTool', () => {
  it('fills in what is left out', () => {
    const tool = defineTool(base);
    expect(tool).toMatchObject({
      kind: 'tool',
      name: 'lookup',
      completion: 'sync',
      timeout: undefined,
      heartbeatTimeout: 10_000,
      retry: undefined,
      approval: undefined,
      compensate: undefined,
      maxResultBytes: 262_144,
    });
    expect(Object.isFrozen(tool)).toBe(true);
  });

  it('takes times as text, and part of the retry settings', () => {
    const tool = defineTool({ ...base, timeout: '90 s', heartbeatTimeout: 500, retry: { initialInterval: '1m' } });
    expect(tool).toMatchObject({
      timeout: 90_000,
      heartbeatTimeout: 500,
      retry: { maximumAttempts: 3, initialInterval: 60_000, maximumInterval: 60_000 },
    });
  });

  it.each([
    ['no options', undefined, /expected an object of options/],
    ['an unknown option', { ...base, timeoutMs: 5 }, /unknown option timeoutMs.*Options are: name, description/],
    ['no name', { ...base, name: undefined }, /tool without a name: name/],
    ['a name that models refuse', { ...base, name: 'look up' }, /tool "look up": name.*1 to 64 letters/],
    ['a name that is too long', { ...base, name: 'a'.repeat(65) }, /models would refuse it/],
    ['the reserved name', { ...base, name: 'request_user_input' }, /how models ask the user/],
    ['no description', { ...base, description: undefined }, /tool "lookup": description: is missing/],
    ['an empty description', { ...base, description: ' ' }, /is empty/],
    ['no run', { ...base, run: undefined }, /tool "lookup": run: is missing/],
    ['a run that is none', { ...base, run: 'x' }, /run: is no function/],
    ['another completion', { ...base, completion: 'later' }, /completion: "later" is not possible.*"sync", "async"/],
    ['a time that is none', { ...base, timeout: '5 fortnights' }, /tool "lookup": timeout: "5 fortnights" is no time/],
    ['a time of nothing', { ...base, timeout: 0 }, /0 is no time/],
    ['half an attempt', { ...base, retry: { maximumAttempts: 0.5 } }, /retry.maximumAttempts: 0.5 is not possible/],
    ['a retry that shrinks', { ...base, retry: { backoffCoefficient: 0.5 } }, /backoffCoefficient/],
    ['a retry that is nothing', { ...base, retry: null }, /retry: expected an object of options/],
    ['an unknown retry option', { ...base, retry: { attempts: 3 } }, /retry: unknown option attempts/],
    ['intervals in the wrong order', { ...base, retry: { maximumInterval: 10 } }, /is below initialInterval/],
    ['a size of nothing', { ...base, maxResultBytes: 0 }, /maxResultBytes: 0 is not possible/],
    ['an approval that is none', { ...base, approval: 'yes' }, /approval: is no function/],
    ['a compensation that is none', { ...base, compensate: {} }, /compensate: is no function/],
    [
      'an input that is no schema',
      { ...base, input: { type: 'object' } },
      /input: is no Standard Schema.*inputJsonSchema/,
    ],
    ['an input that is no object', { ...base, input: z.string() }, /has to describe an object.*Wrap it/],
    ['an input that is no JSON', { ...base, input: z.object({ at: z.date() }) }, /Date cannot be represented/],
  ])('refuses %s', (_, options, message) => {
    const error = refusal(() => completeTool(options as unknown as AnyToolOptions));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ code: 'DEFINITION', name: 'DefinitionError' });
    expect(error.message.endsWith(error.fix)).toBe(true);
  });

  it('makes approval a function', async () => {
    expect(defineTool({ ...base, approval: true }).approval?.({} as never, {} as never)).toBe(true);
    expect(defineTool({ ...base, approval: false }).approval).toBeUndefined();
  });
});

describe('the arguments of a tool', () => {
  it('are described by zod as what callers give, and checked to what run gets', async () => {
    const tool = defineTool({
      ...base,
      input: z.object({ id: z.string().transform(Number), n: z.number().default(2) }),
    });
    expect(tool.inputSchema).toEqual({
      type: 'object',
      properties: { id: { type: 'string' }, n: { type: 'number', default: 2 } },
      required: ['id'],
    });
    expect(await checkValue(tool.input, { id: '7' })).toEqual({ ok: true, value: { id: 7, n: 2 } });
  });

  it('are described by valibot through Standard JSON Schema', async () => {
    const tool = defineTool({ ...base, input: toStandardJsonSchema(v.object({ id: v.string() })) });
    expect(tool.inputSchema).toEqual({ type: 'object', properties: { id: { type: 'string' } }, required: ['id'] });
    expect(await checkValue(tool.input, { id: 7 })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^id: /),
    });
  });

  it('may be a union of objects', () => {
    const input = z.discriminatedUnion('by', [
      z.object({ by: z.literal('id'), id: z.string() }),
      z.object({ by: z.literal('name'), name: z.string() }),
    ]);
    expect(defineTool({ ...base, input }).inputSchema).toMatchObject({ type: 'object', oneOf: [{}, {}] });
  });

  it('may come from a schema that is a function, as those of arktype are', async () => {
    const input = Object.assign(() => undefined, {
      '~standard': {
        version: 1,
        vendor: 'functions',
        validate: async (value: unknown) => ({ value: value as { id: string } }),
        jsonSchema: {
          input: () => ({ type: 'object', properties: { id: { type: 'string' } } }),
          output: () => ({}),
        },
      } as const,
    });
    const tool = defineTool({ ...base, input });
    expect(tool.inputSchema).toEqual({ type: 'object', properties: { id: { type: 'string' } } });
    expect(await checkValue(tool.input, { id: '1' })).toEqual({ ok: true, value: { id: '1' } });
  });

  it("are described by the application's zod when the schema is too old to do it", () => {
    const schema = z.object({ id: z.string() });
    const { version, vendor, validate } = schema['~standard'];
    const old = Object.create(schema, { '~standard': { value: { version, vendor, validate } } }) as typeof schema;
    const tool = defineTool({ ...base, input: old });
    expect(tool).toMatchObject({ inputSchema: { type: 'object', properties: { id: { type: 'string' } } } });
  });

  it('need a JSON Schema beside a schema that has none', async () => {
    const input: StandardSchemaV1<{ id: string }> = {
      '~standard': { version: 1, vendor: 'odd', validate: (value) => ({ value: value as { id: string } }) },
    };
    expect(refusal(() => defineTool({ ...base, input })).message).toMatch(
      /the library "odd".*give inputJsonSchema beside it/,
    );
    const inputJsonSchema = { type: 'object', properties: { id: { type: 'string' } } };
    expect(defineTool({ ...base, input, inputJsonSchema }).inputSchema).toBe(inputJsonSchema);
  });

  it('are checked by a JSON Schema that stands alone', async () => {
    const inputJsonSchema = {
      type: 'object',
      properties: { ids: { type: 'array', items: { type: 'integer' } }, note: { type: 'string' } },
      required: ['ids'],
      additionalProperties: false,
    };
    const { input } = defineTool({ ...base, inputJsonSchema });
    expect(await checkValue(input, { ids: [1, 2] })).toEqual({ ok: true, value: { ids: [1, 2] } });
    expect(await checkValue(input, { ids: [1, 'two'] })).toEqual({
      ok: false,
      problem: 'ids.1: Instance type "string" is invalid. Expected "integer".',
    });
    expect(await checkValue(input, { note: 'x' })).toMatchObject({ problem: expect.stringContaining('"ids"') });
    expect(await checkValue(input, { ids: [], x: 1 })).toMatchObject({ problem: expect.stringContaining('"x"') });
    expect(refusal(() => defineTool({ ...base, inputJsonSchema: { type: 'string' } })).path).toBe(
      'tool "lookup": inputJsonSchema',
    );
  });

  it('are none by default', async () => {
    const { input } = defineTool(base);
    expect(await checkValue(input, {})).toEqual({ ok: true, value: {} });
    expect(await checkValue(input, { any: 1 })).toMatchObject({ ok: false });
  });
});

it('tells its errors from others, also those of another copy', () => {
  const error = refusal(() => loose({ name: '' }));
  expect(error).toBeInstanceOf(DefinitionError);
  expect(DefinitionError.is(new Error('x'))).toBe(false);
});

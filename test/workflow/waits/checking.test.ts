import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema, Wait, WaitKind, WaitOutcome } from '../../../src/workflow/protocol/index.ts';
import { isOutcome, readAnswer } from '../../../src/workflow/waits/answers.ts';
import { checkOutcome, isApproval, schemaProblem } from '../../../src/workflow/waits/checking.ts';
import { clip } from '../../../src/workflow/waits/clip.ts';

function waitOf(kind: WaitKind, schema?: JsonSchema): Wait {
  const wait = { id: 'w', kind, agent: 'a', workflowId: 'r', message: '?', openedAt: '2025-01-01T00:00:00.000Z' };
  return schema ? { ...wait, schema } : wait;
}

const value = (of: Extract<WaitOutcome, { type: 'value' }>['value']): WaitOutcome => ({ type: 'value', value: of });
const error: WaitOutcome = { type: 'error', message: 'No.' };

describe('an outcome', () => {
  it('of an approval is a decision', () => {
    for (const good of [{ approved: true }, { approved: false, reason: 'No.' }])
      expect(checkOutcome(waitOf('approval'), value(good))).toBeUndefined();
    for (const bad of [true, 'yes', null, {}, { approved: 'yes' }, { approved: true, reason: 7 }])
      expect(checkOutcome(waitOf('approval'), value(bad))?.type).toBe('AnswerInvalid');
    expect(isApproval(undefined)).toBe(false);
  });

  it('may be an error only for a tool', () => {
    expect(checkOutcome(waitOf('tool'), error)).toBeUndefined();
    for (const kind of ['input', 'approval', 'event'] as const)
      expect(checkOutcome(waitOf(kind), error)?.type).toBe('AnswerInvalid');
  });

  it('has to match the schema of its wait', () => {
    const schema: JsonSchema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] };
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), (n) => {
        expect(checkOutcome(waitOf('event', schema), value({ n })) === undefined).toBe(n >= 1);
      }),
    );
    expect(checkOutcome(waitOf('event', schema), value({}))?.message).toContain('w');
  });

  it('is checked by the draft that its schema names', () => {
    const tuple = { type: 'array', items: [{ type: 'string' }, { type: 'number' }] } as const;
    expect(schemaProblem(['a', 'b'], { ...tuple, $schema: 'http://json-schema.org/draft-07/schema#' })).toBeDefined();
    expect(schemaProblem(['a', 1], { ...tuple, $schema: 'http://json-schema.org/draft-07/schema#' })).toBeUndefined();
    expect(schemaProblem(['a', 'b'], { prefixItems: tuple.items })).toBeDefined();
    expect(
      schemaProblem(5, { $schema: 'http://json-schema.org/draft-04/schema#', maximum: 5, exclusiveMaximum: true }),
    ).toBeDefined();
    expect(schemaProblem(5, { $schema: 'https://json-schema.org/draft/2019-09/schema', minimum: 5 })).toBeUndefined();
  });
});

describe('a schema that is none', () => {
  it('lets no answer pass, and does no harm', () => {
    expect(schemaProblem('x', { type: 'string', pattern: '(' })).toContain('schema');
    expect(schemaProblem('x', { $ref: '#/nowhere' })).toContain('schema');
  });
});

describe('the argument of a signal', () => {
  it('may be anything', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom<WaitKind[]>('input', 'tool'), (argument, kind) => {
        const answer = readAnswer(kind, argument);
        expect(answer === undefined ? kind === 'tool' || argument === undefined : answer.kind === kind).toBe(true);
      }),
    );
  });

  it('is an answer in full, or a user’s text', () => {
    expect(readAnswer('input', 'hi')).toEqual({ kind: 'input', outcome: value('hi') });
    expect(readAnswer('tool', 'hi')).toBeUndefined();
    expect(readAnswer('tool', { waitId: 'w', kind: 'input', outcome: error })).toEqual({
      waitId: 'w',
      kind: 'tool',
      outcome: error,
    });
    expect(readAnswer('input', { outcome: { type: 'odd' } })?.outcome).toEqual(value({ outcome: { type: 'odd' } }));
    expect(isOutcome({ type: 'value' })).toBe(false);
  });
});

describe('what lists show', () => {
  it('is all of a short value, and the beginning of a long one', () => {
    expect(clip({ a: 1 })).toEqual({ a: 1 });
    expect(clip('short')).toBe('short');
    const long = clip({ text: 'x'.repeat(100_000) });
    expect(typeof long === 'string' && long.length).toBeLessThan(20_000);
  });
});

it('a schema may be frozen', () => {
  const schema: JsonSchema = Object.freeze({
    type: 'object',
    properties: Object.freeze({ n: Object.freeze({ type: 'number' }) }),
  });
  expect(schemaProblem({ n: 1 }, schema)).toBeUndefined();
  expect(schemaProblem({ n: 'x' }, schema)).toContain('type');
});

it('an answer is not larger than a run can take', () => {
  for (const kind of ['input', 'event', 'tool'] as const) {
    expect(checkOutcome(waitOf(kind), value('x'.repeat(1_000_000)))).toBeUndefined();
    expect(checkOutcome(waitOf(kind), value('x'.repeat(1_100_000)))?.type).toBe('AnswerInvalid');
  }
});

it('the result of an async tool is not larger than the tool may give', () => {
  const wait = { ...waitOf('tool'), maxBytes: 10 };
  expect(checkOutcome(wait, value('12345678'))).toBeUndefined();
  expect(checkOutcome(wait, value('123456789'))?.message).toContain(
    'it has 11 bytes; at most 10 are allowed (maxResultBytes)',
  );
  expect(checkOutcome(wait, { type: 'error', message: 'x'.repeat(100) })).toBeUndefined();
  expect(checkOutcome({ ...wait, maxBytes: 10_000_000 }, value('x'.repeat(1_100_000)))?.type).toBe('AnswerInvalid');
});

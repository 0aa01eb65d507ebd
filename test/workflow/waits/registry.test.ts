import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wait, WaitAnswer, WaitKind, WaitOutcome } from '../../../src/workflow/protocol/index.ts';
import { WaitRegistry } from '../../../src/workflow/waits/registry.ts';

const kinds: readonly WaitKind[] = ['input', 'approval', 'tool', 'event'];

function waitOf(id: string, kind: WaitKind, workflowId = 'root'): Wait {
  return { id, kind, agent: 'a', workflowId, message: '?', openedAt: '2025-01-01T00:00:00.000Z' };
}

function answerTo(kind: WaitKind, value: number, waitId?: string): WaitAnswer {
  const outcome = {
    type: 'value',
    value: kind === 'approval' ? { approved: true, reason: `${value}` } : value,
  } as const;
  return waitId === undefined ? { kind, outcome } : { waitId, kind, outcome };
}

/** Whose ids do not clash: those of waits below have a path. */
const ownId = (n: number): string => `s1.${n}`;
const belowId = (n: number): string => `s1.9/s1.${n}`;

/** Waits are named by even numbers when they are the run's own, and by odd ones when they are below. */
function nameOf(n: number | undefined): string | undefined {
  if (n === undefined) return undefined;
  return n % 2 === 0 ? ownId(n) : belowId(n);
}

const valueOf = (outcome: WaitOutcome | undefined): unknown => (outcome?.type === 'value' ? outcome.value : undefined);

type Op =
  | { readonly op: 'open' | 'expect' | 'below'; readonly id: number; readonly kind: WaitKind }
  | { readonly op: 'list' | 'close' | 'closeBelow'; readonly id: number }
  | { readonly op: 'answer'; readonly id: number | undefined; readonly kind: WaitKind; readonly keep: boolean };

const id = fc.nat(5);
const kind = fc.constantFrom(...kinds);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom<('open' | 'expect' | 'below')[]>('open', 'expect', 'below'), id, kind }),
  fc.record({ op: fc.constantFrom<('list' | 'close' | 'closeBelow')[]>('list', 'close', 'closeBelow'), id }),
  fc.record({ op: fc.constant('answer' as const), id: fc.option(id, { nil: undefined }), kind, keep: fc.boolean() }),
);

interface Model {
  /** Own waits by id: kind, and the value of the answer. */
  readonly own: Map<string, { kind: WaitKind; listed: boolean; answer?: number }>;
  readonly below: Map<string, WaitKind>;
  early: number[];
}

/** Does the same to both, and compares what they say. */
function apply(registry: WaitRegistry, model: Model, one: Op, value: number): void {
  const said = doReal(registry, one, value);
  assert.deepEqual(said, doModel(model, one, value));
}

function doReal(registry: WaitRegistry, one: Op, value: number): unknown {
  switch (one.op) {
    case 'open':
    case 'expect':
      if (registry.find(ownId(one.id))) return 'there';
      return registry.open(waitOf(ownId(one.id), one.kind), one.op === 'open');
    case 'below':
      if (registry.listed.some((wait) => wait.id === belowId(one.id))) return 'there';
      return valueOf(registry.openBelow(waitOf(belowId(one.id), one.kind, 'root/s1.9.leaf'))?.outcome);
    case 'list':
      return registry.list(ownId(one.id)) !== undefined;
    case 'closeBelow':
      return registry.closeBelow(belowId(one.id));
    case 'close': {
      const { outcome, wasOpen } = registry.close(ownId(one.id));
      return [outcome !== undefined, wasOpen];
    }
    default: {
      const answer = answerTo(one.kind, value, nameOf(one.id));
      return [registry.refusal(answer) === undefined, registry.accept(answer, one.keep).to];
    }
  }
}

function doModel(model: Model, one: Op, value: number): unknown {
  switch (one.op) {
    case 'open':
    case 'expect': {
      if (model.own.has(ownId(one.id))) return 'there';
      const early = one.kind === 'input' ? model.early.shift() : undefined;
      const wait = { kind: one.kind, listed: one.op === 'open' };
      model.own.set(ownId(one.id), early === undefined ? wait : { ...wait, answer: early });
      return early !== undefined;
    }
    case 'below': {
      if (model.below.has(belowId(one.id))) return 'there';
      const early = one.kind === 'input' ? model.early.shift() : undefined;
      if (early === undefined) model.below.set(belowId(one.id), one.kind);
      return early;
    }
    case 'list': {
      const wait = model.own.get(ownId(one.id));
      const due = wait !== undefined && !wait.listed && wait.answer === undefined;
      if (wait && due) wait.listed = true;
      return due;
    }
    case 'closeBelow':
      return model.below.delete(belowId(one.id));
    case 'close': {
      const wait = model.own.get(ownId(one.id));
      model.own.delete(ownId(one.id));
      return [wait?.answer !== undefined, wait !== undefined && wait.listed && wait.answer === undefined];
    }
    default:
      return answered(model, one, value);
  }
}

function answered(model: Model, one: Extract<Op, { op: 'answer' }>, value: number): unknown {
  const own = [...model.own].filter(([, wait]) => wait.answer === undefined);
  const open = [...own.map(([key, wait]) => [key, wait.kind] as const), ...model.below];
  const named = nameOf(one.id);
  const fitting = open.filter(([key, of]) => of === one.kind && (named === undefined || key === named));
  const [first] = fitting;
  if (fitting.length !== 1 || !first) {
    const kept = one.keep && one.kind === 'input' && named === undefined && fitting.length === 0;
    if (kept) model.early.push(value);
    return [false, kept ? 'later' : 'nobody'];
  }
  const wait = model.own.get(first[0]);
  if (wait) wait.answer = value;
  else model.below.delete(first[0]);
  return [true, wait ? 'own' : 'below'];
}

describe('the registry of waits', () => {
  it('gives every wait the first answer that fits, and no other, whatever happens in which order', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
        const registry = new WaitRegistry();
        const model: Model = { own: new Map(), below: new Map(), early: [] };
        for (const [index, one] of ops.entries()) {
          apply(registry, model, one, index);
          const listed = [...model.own]
            .filter(([, wait]) => wait.listed && wait.answer === undefined)
            .map(([key]) => key);
          expect(registry.listed.map((wait) => wait.id)).toEqual([...listed, ...model.below.keys()]);
          expect(registry.early.map(({ outcome }) => outcome.type === 'value' && outcome.value)).toEqual(model.early);
          for (const [key, wait] of model.own) expect(registry.answered(key)).toBe(wait.answer !== undefined);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has one wait of an id at a time', () => {
    const registry = new WaitRegistry();
    registry.open(waitOf('w', 'input'), true);
    const again = (): unknown => registry.open(waitOf('w', 'event'), true);
    expect(again).toThrow(expect.objectContaining({ type: 'InvalidInput', nonRetryable: true }));
    registry.accept(answerTo('input', 1), false);
    expect(again).toThrow('The id w is in use');
    expect(registry.close('w').outcome).toEqual(answerTo('input', 1).outcome);
    expect(again()).toBe(false);
  });

  it('forgets the waits of a sub-agent and of those below it, and no others', () => {
    const registry = new WaitRegistry();
    for (const [name, workflowId] of Object.entries({ a: 'r/s1.1.x', b: 'r/s1.1.x/s1.1.y', c: 'r/s1.1.xy', d: 'r' }))
      registry.openBelow(waitOf(name, 'tool', workflowId));
    expect(registry.dropBelow('r/s1.1.x').map((wait) => wait.id)).toEqual(['a', 'b']);
    expect(registry.listed.map((wait) => wait.id)).toEqual(['c', 'd']);
  });
});

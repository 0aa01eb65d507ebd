import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canExtend,
  checkLimits,
  describeLimit,
  left,
  reachedBeforeCalls,
  reachedBeforeModel,
  shareOf,
  tighter,
  type Budget,
} from '../../../src/workflow/agent/limits.ts';
import { NOTHING_SPENT } from '../../../src/workflow/agent/spending.ts';
import type { Limits } from '../../../src/workflow/protocol/index.ts';

const amount = fc.nat(1000);
const limits: fc.Arbitrary<Limits> = fc.record(
  { steps: amount, tokens: amount, toolCalls: amount, depth: fc.nat(5), duration: amount },
  { requiredKeys: ['steps', 'depth'] },
);
const budget: fc.Arbitrary<Budget> = fc.record({
  limits,
  extensions: fc.nat(3),
  elapsed: amount,
  spent: fc
    .record({ steps: amount, toolCalls: amount, inputTokens: amount, outputTokens: amount })
    .map((spent) => ({ ...NOTHING_SPENT, ...spent })),
});
const names = ['steps', 'tokens', 'toolCalls', 'depth', 'duration'] as const;

describe('limits', () => {
  it('are the tighter ones of an agent’s own and those given', () => {
    fc.assert(
      fc.property(limits, fc.option(limits, { nil: undefined }), (own, given) => {
        const both = tighter(own, given);
        for (const name of names) {
          const expected = Math.min(own[name] ?? Infinity, given?.[name] ?? Infinity);
          expect(both[name] ?? Infinity).toBe(expected);
        }
        expect(tighter(both, given)).toEqual(both);
      }),
    );
  });

  it('are never less than used up, and an extension adds as much again', () => {
    fc.assert(
      fc.property(budget, fc.constantFrom(...names), (one, name) => {
        const rest = left(one, name);
        expect(rest).toBeGreaterThanOrEqual(0);
        const more = left({ ...one, extensions: one.extensions + 1 }, name);
        expect(more).toBeLessThanOrEqual(rest + (one.limits[name] ?? Infinity));
        expect(rest === 0 || more === rest + (one.limits[name] ?? Infinity)).toBe(true);
        expect(!canExtend(one, name) || left({ ...one, extensions: 10_000 }, name) > 0).toBe(true);
      }),
    );
  });

  it('forbid a model call exactly when one of them is used up, or too little is left of it for an answer', () => {
    const least = { steps: 1, tokens: 16, duration: 1 };
    fc.assert(
      fc.property(budget, (one) => {
        const used = (['steps', 'tokens', 'duration'] as const).filter((name) => left(one, name) < least[name]);
        expect(reachedBeforeModel(one)).toBe(used[0]);
      }),
    );
  });

  it('forbid calls that are too many or too deep', () => {
    fc.assert(
      fc.property(budget, fc.nat(20), fc.nat(5), (one, tools, agents) => {
        const wanted = { calls: tools + agents, agents };
        const reached = reachedBeforeCalls(one, wanted);
        const all = [
          wanted.calls > left(one, 'toolCalls') && 'toolCalls',
          agents > 0 && left(one, 'depth') === 0 && 'depth',
          wanted.calls > 0 && left(one, 'duration') === 0 && 'duration',
        ];
        expect(reached).toBe(all.find((name) => name !== false));
      }),
    );
  });

  it('are shared among the sub-agents of a step so that all together stay within them', () => {
    fc.assert(
      fc.property(budget, fc.integer({ min: 1, max: 8 }), (one, agents) => {
        const share = shareOf(one, agents);
        const all = (name: 'steps' | 'tokens' | 'toolCalls'): number => (share[name] ?? 0) * agents;
        expect(all('steps')).toBeLessThanOrEqual(Math.max(0, left(one, 'steps') - 1));
        expect(all('tokens')).toBeLessThanOrEqual(left(one, 'tokens'));
        expect(all('toolCalls')).toBeLessThanOrEqual(left(one, 'toolCalls'));
        expect(share.depth).toBe(Math.max(0, left(one, 'depth') - 1));
        expect(share.duration ?? Infinity).toBe(left(one, 'duration'));
        for (const value of Object.values(share)) expect(Number.isInteger(value) && value >= 0).toBe(true);
        // As much as an even share can be.
        expect(left(one, 'steps') - 1 - all('steps')).toBeLessThan(agents);
        // What is not limited is not limited below either.
        for (const name of names) expect(share[name] === undefined).toBe(one.limits[name] === undefined);
      }),
    );
  });

  it('are told in words', () => {
    const one: Budget = { limits: { steps: 3, depth: 0 }, extensions: 1, elapsed: 0, spent: NOTHING_SPENT };
    expect(describeLimit(one, 'steps')).toBe('6 steps');
  });
});

describe('limits that a run was given', () => {
  it('are numbers from 0 on', () => {
    fc.assert(
      fc.property(fc.option(limits, { nil: undefined }), (given) => {
        expect(() => checkLimits(given)).not.toThrow();
      }),
    );
  });

  it.each([
    [{ tokens: Number.NaN }, 'tokens'],
    [{ steps: -1 }, 'steps'],
    [{ duration: '1 h' }, 'duration'],
    [{ depth: null }, 'depth'],
    [{ toolCalls: Infinity }, 'toolCalls'],
    [{ token: 5 }, 'no limit token;'],
    [7, 'an object'],
    [[], 'an object'],
  ])('are refused otherwise: %j', (given, problem) => {
    expect(() => checkLimits(given)).toThrow(
      expect.objectContaining({ type: 'InvalidInput', nonRetryable: true, message: expect.stringContaining(problem) }),
    );
  });
});

it('of tokens is reached when no provider would take what is left', () => {
  const of = (tokens: number): Budget => ({
    limits: { steps: 9, depth: 0, tokens },
    extensions: 0,
    elapsed: 0,
    spent: NOTHING_SPENT,
  });
  expect([15, 16].map((tokens) => reachedBeforeModel(of(tokens)))).toEqual(['tokens', undefined]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSpent, NOTHING_SPENT, spentOnCalls, spentOnModel, tokensOf } from '../../../src/workflow/agent/spending.ts';
import type { Spent, Usage } from '../../../src/workflow/protocol/index.ts';

const n = fc.nat(10_000);
const usage: fc.Arbitrary<Usage> = fc.record({
  inputTokens: n,
  outputTokens: n,
  cachedInputTokens: n,
  reasoningTokens: n,
});
const spent: fc.Arbitrary<Spent> = fc
  .tuple(usage, n, n)
  .map(([tokens, steps, toolCalls]) => ({ ...tokens, steps, toolCalls }));

describe('spending', () => {
  it('adds up in any order', () => {
    fc.assert(
      fc.property(spent, spent, spent, (a, b, c) => {
        expect(addSpent(a, addSpent(b, c))).toEqual(addSpent(addSpent(c, a), b));
        expect(addSpent(a, NOTHING_SPENT)).toEqual(a);
        expect(tokensOf(addSpent(a, b))).toBe(tokensOf(a) + tokensOf(b));
      }),
    );
  });

  it('counts model calls and calls of tools', () => {
    fc.assert(
      fc.property(usage, n, (tokens, calls) => {
        expect(spentOnModel(tokens)).toEqual({ ...tokens, steps: 1, toolCalls: 0 });
        expect(spentOnCalls(calls)).toEqual({ ...NOTHING_SPENT, toolCalls: calls });
      }),
    );
  });
});

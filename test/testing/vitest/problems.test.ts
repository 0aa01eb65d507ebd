import { describe, expect, it, vi } from 'vitest';
import { report, setProblemSink } from '../../../testing/problems.ts';
import { tellProblems } from '../../../testing/vitest/problems.ts';

describe('problems of a test environment', () => {
  it('are thrown, unless somebody tells of them', () => {
    expect(() => report([])).not.toThrow();
    expect(() => report(['one'])).toThrow('The test environment found a problem.\n\none');
    const sink = vi.fn(() => true);
    setProblemSink(sink);
    report(['one', 'two']);
    expect(sink).toHaveBeenCalledWith(new Error('The test environment found 2 problems.\n\none\n\ntwo'));
    setProblemSink(() => false);
    expect(() => report(['one'])).toThrow('one');
  });

  it('are told by the test runner, after the test', () => {
    let before = (): void => {};
    let after = (): void => {};
    tellProblems({ beforeEach: (hook) => (before = hook), afterEach: (hook) => (after = hook) });
    expect(() => report(['nobody runs'])).toThrow('nobody runs');
    before();
    report(['one']);
    expect(after).toThrow('one');
    before();
    before();
    report(['one']);
    report(['two']);
    expect(after).toThrow(/one[^]*two/);
    expect(after).not.toThrow();
  });
});

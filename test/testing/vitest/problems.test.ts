import { describe, expect, it, vi } from 'vitest';
import { report, setProblemSink } from '../../../testing/problems.ts';

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
});

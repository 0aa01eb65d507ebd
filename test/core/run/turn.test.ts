import { describe, expect, test } from 'vitest';
import { DEFAULT_TURN, turnOf } from '../../../src/core/run/turn.ts';

describe('the turn of a task', () => {
  test('is the default for those that ask for nothing', () => {
    expect(turnOf({})).toBe(DEFAULT_TURN);
    expect(turnOf({ priority: {} }, {})).toEqual(DEFAULT_TURN);
  });

  test('is what an activity asks for, and else what its run does', () => {
    const priority = { priorityKey: 1, fairnessKey: 'tenant', fairnessWeight: 3 };
    const inherited = { priority: 1, fairnessKey: 'tenant', fairnessWeight: 3 };
    expect(turnOf({ priority })).toEqual(inherited);
    expect(turnOf({ priority }, {})).toEqual(inherited);
    expect(turnOf({ priority }, { priority: { priorityKey: 4 } })).toEqual({ ...inherited, priority: 4 });
    expect(turnOf({ priority }, { priority: { fairnessKey: 'other' } })).toEqual({
      ...inherited,
      fairnessKey: 'other',
    });
  });

  test('stays within the bounds of a server', () => {
    expect(turnOf({ priority: { priorityKey: 100 } }).priority).toBe(5);
    expect(turnOf({ priority: { fairnessWeight: 0.000_001 } }).fairnessWeight).toBe(0.001);
    expect(turnOf({ priority: { fairnessWeight: -1 } }).fairnessWeight).toBe(1);
  });
});

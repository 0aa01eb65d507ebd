import { describe, expect, test } from 'vitest';
import { mergePriorities, priorityProblem } from '../../../src/core/run/priority.ts';

describe('priorities', () => {
  test('what is asked for goes before what is inherited, field by field', () => {
    const inherited = { priorityKey: 2, fairnessKey: 'tenant', fairnessWeight: 3 };
    expect(mergePriorities(undefined, null)).toBeNull();
    expect(mergePriorities(inherited, null)).toBe(inherited);
    expect(mergePriorities(null, inherited)).toBe(inherited);
    expect(mergePriorities(inherited, { priorityKey: 5 })).toEqual({ ...inherited, priorityKey: 5 });
    expect(mergePriorities({}, {})).toEqual({ priorityKey: 0, fairnessKey: '', fairnessWeight: 0 });
  });

  test('some are none', () => {
    expect(priorityProblem(undefined)).toBeUndefined();
    expect(priorityProblem({ priorityKey: 5, fairnessKey: 'tenant', fairnessWeight: 2 })).toBeUndefined();
    expect(priorityProblem({ priorityKey: -1 })).toBe("PriorityKey can't be negative");
    expect(priorityProblem({ fairnessKey: 'x'.repeat(65) })).toBe('FairnessKey length exceeds limit');
    expect(priorityProblem({ fairnessWeight: -1 })).toBe("FairnessWeight can't be negative");
  });
});

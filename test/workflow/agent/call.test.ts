import { expect, it } from 'vitest';
import { isBelow, resumedCalls, type Call } from '../../../src/workflow/agent/call.ts';

const decision = { type: 'call_agent', toolCallId: 's1.1', agent: 'leaf' } as const;

it('a sub-agent works on a call from its start to the end of the call, also when the run before has started it', () => {
  const started: Call = { decision, input: {}, phase: 'work' };
  expect((['work', 'child', 'done'] as const).map((phase) => isBelow({ ...started, phase }))).toEqual([
    false,
    true,
    false,
  ]);
  const [resumed] = resumedCalls([{ decision, input: {}, phase: 'child' }]);
  expect(resumed).toBeDefined();
  const phases = resumed ? (['work', 'child', 'done'] as const).map((phase) => isBelow({ ...resumed, phase })) : [];
  expect(phases).toEqual([true, true, false]);
});

import { expect, it } from 'vitest';
import { keyScope } from '../../../src/workflow/agent/ids.ts';

it('idempotency keys stay the same throughout a chain of runs, and are other ones when a run is tried again', () => {
  expect(keyScope(undefined, 'first', 1)).toBe('first');
  expect(keyScope(undefined, 'first', 2)).toBe('first.2');
  expect(keyScope('first.2', 'first', 1)).toBe('first.2');
  expect(keyScope('first.2', 'first', 3)).toBe('first.2.3');
});

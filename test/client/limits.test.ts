import { describe, expect, it } from 'vitest';
import { givenLimits } from '../../src/client/limits.ts';
import { startRun } from '../../src/client/start.ts';
import type { ClientContext } from '../../src/client/context.ts';

describe('limits given at a start', () => {
  it('are those that were given, with durations in milliseconds', () => {
    expect(givenLimits({})).toEqual({});
    expect(givenLimits({ steps: 3, toolCalls: 0, duration: '10m' })).toEqual({
      steps: 3,
      toolCalls: 0,
      duration: 600_000,
    });
  });

  it.each<[unknown, string, string]>([
    [{ steps: 'ten' }, 'limits.steps', 'limits.steps: "ten" is not possible. Give a whole number from 1 on.'],
    [{ steps: 0 }, 'limits.steps', 'whole number from 1'],
    [{ depth: -1 }, 'limits.depth', 'whole number from 0'],
    [{ tokens: null }, 'limits.tokens', 'null is not possible.'],
    [{ duration: 'soon' }, 'limits.duration', '"soon" is no time.'],
    [{ stepz: 5 }, 'limits', 'unknown option stepz'],
    ['many', 'limits', 'expected an object'],
  ])('are refused before anything is started: %j', async (limits, path, message) => {
    // There is nothing that could be asked to start.
    const context = { taskQueue: 'agents' } as ClientContext;
    const started = startRun(context, 'main', { input: 'Hi', limits: limits as object });
    await expect(started).rejects.toMatchObject({
      name: 'ConfigurationError',
      path,
      message: expect.stringContaining(message),
    });
  });
});

import type { StandardSchemaV1 } from '@standard-schema/spec';
import { fakeTool, inOrder } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import type { AsyncToolContext, Tool } from '../../src/agent/types.ts';

const schema: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

const real: Tool<{ orderId: string }, { status: string }> = {
  kind: 'tool',
  name: 'lookup_order',
  description: 'Find an order by its number.',
  input: schema,
  inputSchema: { type: 'object' },
  completion: 'async',
  timeout: 60_000,
  heartbeatTimeout: 10_000,
  retry: { maximumAttempts: 3, initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 30_000 },
  approval: () => 'Really?',
  run: () => {
    throw new Error('The real tool was called.');
  },
  compensate: () => {
    throw new Error('The real tool was undone.');
  },
  maxResultBytes: 1000,
};
const context = { toolCallId: 's1.1' } as AsyncToolContext<never>;
const input = { orderId: '1042' } as never;

describe('a fake tool', () => {
  it('is the real one but for what it does', () => {
    const {
      run,
      compensate,
      calls: _calls,
      undone: _undone,
      problems: _problems,
      ...rest
    } = fakeTool(real, () => ({ status: 'x' }));
    expect({ ...rest, run: real.run, compensate: real.compensate }).toEqual(real);
    expect(run).not.toBe(real.run);
    expect(compensate).not.toBe(real.compensate);
  });

  it('calls a function, and records its calls', async () => {
    const fake = fakeTool(real, async ({ orderId }, { toolCallId }) => ({ status: `${orderId} ${toolCallId}` }));
    await expect(fake.run(input, context)).resolves.toEqual({ status: '1042 s1.1' });
    expect(fake.calls).toEqual([{ input: { orderId: '1042' }, context }]);
  });

  it('returns the same value every time, at once', () => {
    const fake = fakeTool(real, { status: 'shipped' });
    expect([fake.run(input, context), fake.run(input, context)]).toEqual([
      { status: 'shipped' },
      { status: 'shipped' },
    ]);
    expect(fake.completion).toBe('sync');
    expect(fake.calls).toHaveLength(2);
  });

  it('returns values in order, and has a problem after the last', () => {
    const fake = fakeTool(real, inOrder([new Error('busy'), { status: 'shipped' }]));
    expect(() => fake.run(input, context)).toThrow('busy');
    expect(fake.run(input, context)).toEqual({ status: 'shipped' });
    const problem = 'The fake tool "lookup_order" has 2 values, and was called once more, with {"orderId":"1042"}.';
    expect(() => fake.run(input, context)).toThrow(problem);
    expect(fake.problems).toEqual([problem]);
  });

  it('records what is undone, where there is something to undo', () => {
    const fake = fakeTool(real, { status: 'shipped' });
    fake.compensate?.(input, context);
    expect(fake.undone).toEqual([{ orderId: '1042' }]);
    expect(fakeTool({ ...real, compensate: undefined }, { status: 'shipped' }).compensate).toBeUndefined();
  });
});

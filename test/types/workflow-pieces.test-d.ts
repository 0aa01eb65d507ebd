import { describe, expectTypeOf, it } from 'vitest';
import type { Agent, Tool } from '../../src/agent/types.ts';
import { askUser, callTool, runAgent, startAgent, waitFor } from '../../src/workflow/index.ts';

type Lookup = Tool<{ readonly orderId: string }, { readonly total: number }>;
type Support = Agent<string, string, unknown, 'support'>;
type Billing = Agent<{ readonly invoice: number }, { readonly owed: number }, unknown, 'billing'>;

describe('pieces for workflows', () => {
  it('callTool has the types of the tool', () => {
    expectTypeOf(callTool<Lookup>('lookup', { orderId: '1' })).resolves.toEqualTypeOf<{ readonly total: number }>();
    // @ts-expect-error -- no such argument
    void callTool<Lookup>('lookup', { order: '1' });
    // @ts-expect-error -- of another type
    void callTool<Lookup>('lookup', { orderId: 1 });
  });

  it('runAgent has the types and the name of the agent', () => {
    expectTypeOf(runAgent<Support>('support', { input: 'Hello' }))
      .resolves.toHaveProperty('output')
      .toBeString();
    expectTypeOf(startAgent<Billing>('billing', { input: { invoice: 1 } })).resolves.toHaveProperty('result');
    // @ts-expect-error -- another agent's name
    void runAgent<Support>('billing', { input: 'Hello' });
    // @ts-expect-error -- typed input
    void runAgent<Billing>('billing', { input: 'Hello' });
  });

  it('waits have the type that is asked for', () => {
    expectTypeOf(askUser('Who?')).resolves.toBeString();
    expectTypeOf(askUser<number>('How many?', { default: 1 })).resolves.toBeNumber();
    expectTypeOf(waitFor<boolean>({ id: 'w', message: '?' })).resolves.toBeBoolean();
    // @ts-expect-error -- a default of another type
    void askUser<number>('How many?', { default: 'one' });
  });
});

import { expect, it, vi } from 'vitest';
import { Outbox } from '../../../src/workflow/session/outbox.ts';
import { Waits } from '../../../src/workflow/waits/waits.ts';

const { cut } = vi.hoisted(() => ({ cut: { at: (): void => {} } }));

vi.mock('@temporalio/workflow', async (original) => ({
  ...(await original<typeof import('@temporalio/workflow')>()),
  workflowInfo: () => ({ workflowId: 'root' }),
  upsertMemo: () => {},
  condition: async () => {
    cut.at();
    throw new Error('cancelled');
  },
}));

const waiter = { agent: 'a', lineage: undefined, outbox: new Outbox(), onOrphaned: () => {} };
const request = { name: 's1.1', kind: 'tool', message: '?' } as const;

it('tells of an answer that came together with a cancellation', async () => {
  const waits = new Waits(waiter);
  const outcome = { type: 'value', value: 'paid' } as const;
  cut.at = () => waits.receive({ kind: 'tool', waitId: 's1.1', outcome });
  await expect(waits.ask(request)).resolves.toEqual(outcome);
});

it('throws when it is cancelled without an answer, and no longer waits', async () => {
  const waits = new Waits(waiter);
  cut.at = () => {};
  await expect(waits.ask(request)).rejects.toThrow('cancelled');
  expect(waits.open).toEqual([]);
});

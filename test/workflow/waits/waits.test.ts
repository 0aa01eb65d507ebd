import { expect, it, vi } from 'vitest';
import { Outbox } from '../../../src/workflow/session/outbox.ts';
import { Waits } from '../../../src/workflow/waits/waits.ts';

const { cut } = vi.hoisted(() => ({ cut: { at: (): void => {} } }));

vi.mock('@temporalio/workflow', async (original) => ({
  ...(await original<object>()),
  workflowInfo: () => ({ workflowId: 'root' }),
  upsertMemo: () => {},
  condition: async () => {
    cut.at();
    throw new Error('cancelled');
  },
}));

const waiter = { agent: 'a', lineage: undefined, outbox: new Outbox(), onOrphaned: () => {} };
const request = { name: 's1.1', kind: 'tool', message: '?' } as const;

it('forgets the waits of a sub-agent of a sub-agent that has died without a word, as its caller tells the root', async () => {
  const told: unknown[] = [];
  const outbox = new Outbox();
  outbox.send = (...said) => (told.push(said), Promise.resolve(true));
  const lineage = { rootWorkflowId: 'root', parentWorkflowId: 'root', toolCallId: 's1.1', path: 's1.1/' };
  const middle = new Waits({ ...waiter, lineage, outbox });
  middle.dropBelow('root/s1.1.a/s1.1.b', false);
  expect(told).toEqual([]);
  middle.dropBelow('root/s1.1.a/s1.1.b', true);
  const change = { type: 'dropped', workflowId: 'root/s1.1.a/s1.1.b' } as const;
  expect(told).toEqual([['root', 'perdure.waitChanged', change]]);

  const root = new Waits(waiter);
  const wait = { kind: 'input', agent: 'b', message: '?', openedAt: '2025-01-01T00:00:00.000Z' } as const;
  root.changed({ type: 'opened', wait: { ...wait, id: 'x', workflowId: 'root/s1.1.a/s1.1.b/s1.1.c' } });
  root.changed({ type: 'opened', wait: { ...wait, id: 'y', workflowId: 'root/s1.1.a' } });
  root.changed(change);
  expect(root.open.map(({ id }) => id)).toEqual(['y']);
});

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

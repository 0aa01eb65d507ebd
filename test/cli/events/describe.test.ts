import { expect, it } from 'vitest';
import type { RunEvent } from '../../../src/client/events/event.ts';
import { describeEvent } from '../../../src/cli/events/describe.ts';

it('shows whoever decides what they decide, and lets nobody drive the terminal with it', () => {
  const event: RunEvent = {
    id: '1.1.0.run',
    at: '2026-11-26T10:00:00.000Z',
    type: 'approval_requested',
    wait: {
      id: 's1.1',
      kind: 'approval',
      agent: 'support',
      workflowId: 'support-1',
      message: 'support wants to call refund.',
      call: { toolCallId: 's1.1', toolName: 'refund', input: { amount: 900, note: '\u001B[2J' } },
      openedAt: '2026-11-26T10:00:00.000Z',
    },
  };
  const { text } = describeEvent(event);
  expect(text).toContain('support wants to call refund.\nrefund {\n  "amount": 900');
  expect(text).not.toContain('\u001B');
});

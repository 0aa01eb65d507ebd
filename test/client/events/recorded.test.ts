import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultDataConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { PayloadReader } from '../../../src/agent/conversation/payloads.ts';
import type { RunEvent } from '../../../src/client/events/event.ts';
import { EventReader } from '../../../src/client/events/event-reader.ts';
import { pending } from '../../e2e/agents-loop/fakes.ts';
import { clientWorld } from '../support.ts';

const { HistoryEvent } = proto.temporal.api.history.v1;

/** A run of every kind of step, as it stood in history when it was recorded, and the events that it came to. */
interface Recording {
  readonly workflowId: string;
  readonly runId: string;
  readonly history: readonly object[];
  readonly events: readonly RunEvent[];
}

const file = fileURLToPath(new URL('./recorded/order-desk.jsonl', import.meta.url));

/** Remove the file to record it anew. */
async function record(): Promise<Recording> {
  const { perdure, env } = await clientWorld({
    scripts: {
      main: [
        {
          text: 'Let me see.',
          calls: [
            { tool: 'find', input: { id: 7 } },
            { refuse: 'There is no tool fly.', tool: 'fly' },
          ],
        },
        { refuseMessage: 'The message is empty.' },
        { calls: [{ agent: 'billing', input: 'Order 7' }, { ask: 'Refund it?' }] },
        { calls: [{ tool: 'refund', input: { sum: 9 }, approval: 'Refund 9?' }] },
        { complete: 'Refunded.' },
      ],
      billing: [{ complete: 'Paid.' }],
    },
    tools: { find: () => ({ state: 'lost' }), refund: () => pending },
    toolRecords: { refund: { completion: 'async' } },
  });
  const run = await perdure.start('main', { input: 'My order 7 is lost.', id: 'order-desk', metadata: { user: 'u1' } });
  const events: RunEvent[] = [];
  for await (const event of run.events()) {
    events.push(event);
    if (event.type === 'input_requested') await run.steer('Be kind.').then(() => run.reply('Yes, please.'));
    if (event.type === 'approval_requested') await run.approve({ reason: 'lost' });
    if (event.type === 'tool_awaited') await run.completeTool({ result: { refunded: 9 } });
  }
  const handle = env.client.workflow.getHandle(run.id);
  const { runId } = await handle.describe();
  const { events: history } = await handle.fetchHistory();
  const written = (history ?? []).map((event) =>
    HistoryEvent.toObject(HistoryEvent.fromObject(event), { longs: String, bytes: String, enums: String }),
  );
  return { workflowId: run.id, runId, history: written, events };
}

/** One event a line; who wrote it is left out. */
function write({ history, ...rest }: Recording): void {
  const lines = [rest, ...history].map((line) =>
    JSON.stringify(line, (key, value: unknown) => (key === 'identity' ? undefined : value)),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
}

function read(): Recording {
  const [rest, ...history] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  return { ...(rest as Omit<Recording, 'history'>), history };
}

describe('a recorded history', () => {
  it('comes to the same events for ever', async () => {
    if (!existsSync(file)) write(await record());
    const { workflowId, runId, history, events } = read();
    const payloads = new PayloadReader({ ...defaultDataConverter, payloadCodecs: [] }, 'default');
    const reader = new EventReader({ workflowId, runId, generation: 1 }, payloads);
    const found = await reader.read(history.map((event) => HistoryEvent.fromObject(event)));
    expect(JSON.parse(JSON.stringify(found))).toEqual(events);
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set([
        'run_started',
        'agent_resolved',
        'model_called',
        'model_responded',
        'call_refused',
        'message_refused',
        'tool_started',
        'tool_completed',
        'agent_called',
        'agent_completed',
        'input_requested',
        'steered',
        'wait_answered',
        'approval_requested',
        'tool_awaited',
        'run_completed',
      ]),
    );
  }, 60_000);
});

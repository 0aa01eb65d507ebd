import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { createCallModel } from '../../../src/agent/activities/call-model.ts';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import { AgentRegistry } from '../../../src/agent/registry.ts';
import type { AgentActivities, ExecuteToolInput, Resolved, ToolOutcome } from '../../../src/workflow/protocol/index.ts';
import { call, finish, scripted, text } from '../call-model/support.ts';

const lookup = defineTool({
  name: 'lookup_order',
  description: 'Find an order.',
  input: z.object({ orderId: z.string() }),
  run: () => '',
});

const script: LanguageModelV4StreamPart[][] = [
  [...text('Looking.'), call('lookup_order', { orderId: '1' }), call('lookup_order', { orderId: 'gone' }), finish],
  [call('lookup_order', { orderId: '3' }), finish],
  [...text('All found.'), finish],
];

/** What comes of it. */
export const expected: readonly object[] = [
  { role: 'user', content: [{ type: 'text', text: 'Where are they?' }] },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Looking.' },
      { type: 'tool-call', toolCallId: 's1.1', input: { orderId: '1' } },
      { type: 'tool-call', toolCallId: 's1.2', input: { orderId: 'gone' } },
    ],
  },
  {
    role: 'tool',
    content: [
      { toolCallId: 's1.1', output: { type: 'text', value: 'result of s1.1' } },
      { toolCallId: 's1.2', output: { type: 'error', value: 'no such order' } },
    ],
  },
  { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 's2.1' }] },
  { role: 'tool', content: [{ toolCallId: 's2.1', output: { value: 'result of s2.1' } }] },
  { role: 'assistant', content: [{ type: 'text', text: 'All found.' }] },
];

/** Activities for the workflow of `workflows/conversation.ts`: two steps with calls, one of which fails, and an answer. */
export function conversationScenario(): {
  activities: Pick<AgentActivities, 'agent.resolve' | 'agent.callModel' | 'agent.executeTool'>;
  model: ReturnType<typeof scripted>;
  executed: string[];
} {
  const model = scripted(...script);
  const agent = defineAgent({ name: 'support', model, instructions: 'Help.', tools: [lookup] });
  const registry = new AgentRegistry({ agents: [agent] });
  const executed: string[] = [];
  const activities = {
    'agent.resolve': async (): Promise<Resolved> => ({
      definition: await registry.record(agent, { input: '', metadata: {}, now: new Date(0) }),
      opening: 'Where are they?',
    }),
    'agent.callModel': createCallModel({ registry }),
    'agent.executeTool': async ({ toolCallId }: ExecuteToolInput): Promise<ToolOutcome> => {
      executed.push(toolCallId);
      if (toolCallId === 's1.2') throw ApplicationFailure.nonRetryable('no such order');
      return { type: 'completed', output: { type: 'text', value: `result of ${toolCallId}` } };
    },
  };
  return { activities, model, executed };
}

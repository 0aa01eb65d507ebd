import { z } from 'zod';
import { defineAgent } from '../../../../src/agent/define-agent.ts';
import { defineTool } from '../../../../src/agent/define-tool.ts';
import type { ToolContext } from '../../../../src/agent/types.ts';

export interface Orders {
  find(orderId: string): Promise<{ status: string }>;
}

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description: 'Find an order by its number.',
  input: z.object({ orderId: z.string() }),
  run: async ({ orderId }, { deps }: ToolContext<{ orders: Orders }>) => await deps.orders.find(orderId),
});

export const refund = defineTool({
  name: 'refund',
  description: 'Give the customer their money back.',
  input: z.object({ orderId: z.string(), amount: z.number() }),
  approval: ({ amount }) => amount > 100 && `Refund ${amount} EUR?`,
  run: async ({ orderId }): Promise<string> => {
    throw new Error(`Nobody has given ${orderId} back.`);
  },
  compensate: async () => {},
});

export const billing = defineAgent({
  name: 'billing',
  description: 'Knows about money.',
  model: 'openai/gpt-5-mini',
  instructions: 'You know about money.',
  tools: [refund],
});

export const support = defineAgent({
  name: 'support',
  model: 'openai/gpt-5-mini',
  instructions: 'You help customers with their orders.',
  tools: [lookupOrder],
  agents: [billing],
});

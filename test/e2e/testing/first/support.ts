import { defineAgent, defineTool, type ToolContext } from 'perdure';
import { z } from 'zod';

export interface Orders {
  find(orderId: string): Promise<{ status: string }>;
}

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description: 'Find an order by its number.',
  input: z.object({ orderId: z.string() }),
  run: ({ orderId }, { deps }: ToolContext<{ orders: Orders }>) => deps.orders.find(orderId),
});

export const support = defineAgent({
  name: 'support',
  model: 'openai/gpt-5-mini',
  instructions: 'You help customers with their orders.',
  tools: [lookupOrder],
});

import { z } from 'zod';
import { defineAgent } from '../../src/agent/define-agent.ts';
import { defineTool } from '../../src/agent/define-tool.ts';
import { lastSaid, scripted } from './support.ts';

/** What the desk's tools need. */
export interface DeskDeps {
  readonly orders: { readonly find: (id: string) => Promise<{ readonly state: string }> };
}

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description: 'Finds an order.',
  input: z.object({ orderId: z.string() }),
  run: async ({ orderId }, { deps }: { readonly deps: DeskDeps }) => await deps.orders.find(orderId),
});

export const ship = defineTool({
  name: 'ship',
  description: 'Ships an order, some day.',
  completion: 'async',
  run: (_, { completionToken }) => void completionTokens.push(completionToken),
});

/** What the tool was given; whoever has one may complete its call. */
export const completionTokens: string[] = [];

export const billing = defineAgent({
  name: 'billing',
  description: 'Knows about bills.',
  model: scripted({ text: 'The bill is paid.' }),
  instructions: 'Bills.',
});

/** Looks up, asks a colleague and the user, ships, and tells all of it. */
export const desk = defineAgent({
  name: 'desk',
  model: scripted(
    {
      calls: [
        { tool: 'lookup_order', input: { orderId: '7' } },
        { tool: 'billing', input: { message: 'Order 7?' } },
      ],
    },
    (options) => ({ text: lastSaid(options), calls: [{ tool: 'request_user_input', input: { message: 'Ship it?' } }] }),
    (options) => ({ text: lastSaid(options), calls: [{ tool: 'ship' }] }),
    (options) => ({ text: `Done: ${lastSaid(options)}` }),
  ),
  instructions: 'You are an order desk.',
  tools: [lookupOrder, ship],
  agents: [billing],
});

export const deps: DeskDeps = { orders: { find: async (id) => ({ state: `order ${id} is lost` }) } };

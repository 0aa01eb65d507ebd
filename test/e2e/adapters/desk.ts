import { defineAgent, defineTool } from 'perdure';
import { askUser, callTool, say, scriptedModel } from 'perdure/testing';
import { z } from 'zod';

const lookup = defineTool({
  name: 'lookup',
  description: 'Find an order.',
  input: z.object({ order: z.string() }),
  run: ({ order }, { metadata }) => ({ order, state: 'sent', knows: metadata }),
});

const usage = { inputTokens: 1000, outputTokens: 100 };

/** Looks an order up, asks, and says goodbye. */
export const desk = defineAgent({
  name: 'desk',
  model: scriptedModel(
    [
      callTool(lookup, { order: '1042' }, { usage }),
      askUser('May I close it?', { usage }),
      say('Closed. Goodbye.', { usage }),
    ],
    { id: 'scripted', perRun: true },
  ),
  instructions: 'You are a desk.',
  tools: [lookup],
});

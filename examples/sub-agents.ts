/** Agents that ask agents: each sub-agent is a run of its own, with its own model, tools and history. */
import { defineAgent, defineTool } from 'perdure';
import { z } from 'zod';
import { locally } from './locally.ts';
import { model } from './model.ts';

const place = z.string().describe('The name of the city.');

const findFlight = defineTool({
  name: 'find_flight',
  description: 'Find a flight to a city.',
  input: z.object({ city: place }),
  run: ({ city }) => ({ flight: 'PD 7', to: city, price: 129, currency: 'EUR' }),
});

const findHotel = defineTool({
  name: 'find_hotel',
  description: 'Find a hotel in a city.',
  input: z.object({ city: place }),
  run: ({ city }) => ({ hotel: `Grand ${city}`, price: 95, currency: 'EUR' }),
});

const flights = defineAgent({
  name: 'flights',
  description: 'Knows all about flights and airlines.',
  model,
  instructions: 'You find flights.',
  tools: [findFlight],
});

const hotels = defineAgent({
  name: 'hotels',
  description: 'Knows all about hotels and other places to stay.',
  model,
  instructions: 'You find places to stay.',
  tools: [findHotel],
});

const travel = defineAgent({
  name: 'travel',
  model,
  instructions: 'You plan trips. Leave flights and hotels to those who know them.',
  agents: [flights, hotels],
  // For the whole tree: what sub-agents use counts.
  limits: { steps: 10 },
});

// Sub-agents come along: the worker needs to be told of the first one only.
await locally({ agents: [travel] }, async (perdure) => {
  const run = await perdure.start(travel, { input: 'I need a flight to Rome and a hotel in Rome.' });
  for await (const event of run.events()) {
    if (event.type === 'agent_called') console.log(`travel asks ${event.agent}: ${JSON.stringify(event.input)}`);
    if (event.type === 'agent_completed') console.log(`${event.agent} has used ${event.spent?.steps} steps`);
  }
  const { output, spent } = await run.outcome();
  console.log(output);
  console.log(`${spent?.steps} steps in all`);
});

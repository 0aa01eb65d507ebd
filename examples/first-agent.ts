/** The smallest agent: one tool, one question. Everything is in this process and in memory. */
import { connect, defineAgent, defineTool } from 'perdure';
import { openEngine } from 'perdure/engines';
import { createWorker } from 'perdure/worker';
import { z } from 'zod';
import { quiet } from './locally.ts';
import { model } from './model.ts';

// What it can do: ordinary code, with arguments that are checked.
const getWeather = defineTool({
  name: 'get_weather',
  description: 'Get the weather in a city: temperature, rain, wind.',
  input: z.object({ city: z.string().describe('The name of the city.') }),
  run: ({ city }) => ({ city, sky: 'light rain', temperature: `${city.length + 3} °C` }),
});

// Who does it.
const assistant = defineAgent({
  name: 'assistant',
  model,
  instructions: 'You answer questions about the weather. Look it up, never guess.',
  tools: [getWeather],
});

quiet();
// Where runs live. A path instead of `memory` keeps them over restarts; `type: 'temporal'` puts them on a cluster.
const engine = await openEngine({ type: 'embedded', memory: true });
// Who does the work. In a real application: `await runWorker({ agents: [assistant] })`, in a process of its own.
const worker = await createWorker({ agents: [assistant], engine });
const working = worker.run();

// Who asks. Any process that reaches the engine.
const perdure = await connect({ engine });
const run = await perdure.start(assistant, { input: 'What is the weather like in Oslo?' });
for await (const event of run.events()) {
  if (event.type === 'tool_started') console.log(`calls ${event.toolName} with ${JSON.stringify(event.input)}`);
}
console.log(await run.result());

worker.shutdown();
await working;
await engine.close();

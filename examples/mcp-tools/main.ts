/** Tools of an MCP server: the worker starts it and stays connected, and the agent uses what it offers as tools of its own. */
import { fileURLToPath } from 'node:url';
import { defineAgent } from 'perdure';
import { mcpTools } from 'perdure/mcp';
import { locally } from '../locally.ts';
import { model } from '../model.ts';

const library = mcpTools({
  name: 'library',
  server: { type: 'stdio', command: process.execPath, args: [fileURLToPath(new URL('server.ts', import.meta.url))] },
  tools: ['find_book', 'lend_book'],
  // By the server's names: a person decides before a book leaves the house.
  approval: { lend_book: true },
});

const librarian = defineAgent({
  name: 'librarian',
  model,
  instructions: 'You find and lend books.',
  tools: [library],
});

await locally({ agents: [librarian] }, async (perdure) => {
  for (const input of ['Find book B-7.', 'Please lend book B-7.']) {
    console.log(`> ${input}`);
    const run = await perdure.start(librarian, { input });
    for await (const event of run.events()) {
      if (event.type === 'tool_started') console.log(`calls ${event.toolName}`);
      if (event.type === 'approval_requested') {
        console.log('asks a person');
        await run.approve();
      }
    }
    console.log(await run.result());
  }
});

/** A workflow of one's own that uses an agent, tools and people as steps. */
import { fileURLToPath } from 'node:url';
import { locally } from '../locally.ts';
import { investigator, reserve } from './agents.ts';
import type { handleComplaint } from './workflows.ts';

const workflowsPath = fileURLToPath(new URL('workflows.ts', import.meta.url));

await locally({ agents: [investigator], tools: [reserve], workflowsPath }, async (perdure) => {
  for (const [parcel, wish] of [
    ['P-5', 'replacement'],
    ['P-6', 'money'],
  ] as const) {
    // Started as any workflow is; seen and answered as any run is.
    const { workflowId } = await perdure.client.workflow.start<typeof handleComplaint>('handleComplaint', {
      taskQueue: 'perdure',
      workflowId: `complaint-${parcel}`,
      args: [parcel],
    });
    const run = perdure.run(workflowId);
    for await (const event of run.events()) {
      if (event.type === 'input_requested') {
        console.log(`asks: ${event.wait.message}`);
        await run.reply(wish);
      }
      if (event.type === 'approval_requested') {
        console.log(`asks: ${event.wait.message}`);
        await run.approve();
      }
    }
    console.log(await run.result());
  }
});

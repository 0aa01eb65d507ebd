/** DBOS on PostgreSQL: each step is a row. */
import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { fiveSteps, model, timed, tool } from './steps.mjs';

const steps = {
  model: (turn) => DBOS.runStep(() => model(turn), { name: 'model' }),
  tool: (turn) => DBOS.runStep(() => tool(turn), { name: 'tool' }),
};
const five = DBOS.registerWorkflow((input) => fiveSteps(steps, input), { name: 'five' });
const child = DBOS.registerWorkflow(() => steps.model(1), { name: 'child' });
const parent = DBOS.registerWorkflow(
  async () => {
    const handles = [];
    // One after another, as their ids follow from the order; they run side by side.
    for (let count = 0; count < 3; count++) handles.push(await DBOS.startWorkflow(child)());
    return (await Promise.all(handles.map((handle) => handle.getResult()))).length;
  },
  { name: 'parent' },
);
const waits = DBOS.registerWorkflow(
  async () => {
    await DBOS.setEvent('waiting', true);
    return await DBOS.recv('input', 3600);
  },
  { name: 'waits' },
);

export async function start({ postgres }) {
  const url = new URL(postgres);
  url.pathname = `/bench_${randomUUID().replaceAll('-', '')}`;
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url.href, logLevel: 'error', systemDatabasePoolSize: 20 });
  await DBOS.launch();
  const run = async (workflow, ...args) =>
    (await DBOS.startWorkflow(workflow, { workflowID: randomUUID() })(...args)).getResult();
  return {
    operations: {
      '5-activities': () => timed(() => run(five, 'hi'), 6),
      '3-children': () => timed(() => run(parent), 3),
      signal: async () => {
        const handle = await DBOS.startWorkflow(waits, { workflowID: randomUUID() })();
        await DBOS.getEvent(handle.workflowID, 'waiting', 30);
        return timed(async () => {
          await DBOS.send(handle.workflowID, 'go on', 'input');
          return await handle.getResult();
        }, 'go on');
      },
    },
    close: () => DBOS.shutdown(),
  };
}

/** Restate: workflows with a journal in its server. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import * as clients from '@restatedev/restate-sdk-clients';
import { fiveSteps, model, timed, tool } from './steps.mjs';

// Read when the SDK loads.
process.env.RESTATE_LOGGING ??= 'ERROR';
const restate = await import('@restatedev/restate-sdk');

const stepsOf = (context) => ({
  model: (turn) => context.run('model', () => model(turn)),
  tool: (turn) => context.run('tool', () => tool(turn)),
});
const five = restate.workflow({
  name: 'five',
  handlers: { run: (context, input) => fiveSteps(stepsOf(context), input) },
});
const child = restate.workflow({ name: 'child', handlers: { run: (context) => stepsOf(context).model(1) } });
const parent = restate.workflow({
  name: 'parent',
  handlers: {
    run: async (context) => {
      const calls = ['a', 'b', 'c'].map((name) => context.workflowClient(child, `${context.key}-${name}`).run());
      return (await restate.RestatePromise.all(calls)).length;
    },
  },
});
/** Only so that the measurement knows that a run waits. */
const reached = new Map();
const waits = restate.workflow({
  name: 'waits',
  handlers: {
    run: async (context) => {
      const input = context.promise('input');
      reached.get(context.key)?.();
      return await input.get();
    },
    input: (context, text) => context.promise('input').resolve(text),
  },
});

export async function start({ restate: { ingress, admin } }) {
  const port = await freePort();
  await restate.serve({ services: [five, child, parent, waits], port });
  const registered = await fetch(`${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}`, force: true }),
  });
  if (!registered.ok) throw new Error(`Restate does not take the services: ${await registered.text()}`);
  const client = clients.connect({ url: ingress });
  const run = async (workflow, ...args) => {
    const handle = client.workflowClient(workflow, randomUUID());
    await handle.workflowSubmit(...args);
    return handle.workflowAttach();
  };
  return {
    operations: {
      '5-activities': () => timed(() => run(five, 'hi'), 6),
      '3-children': () => timed(() => run(parent), 3),
      signal: async () => {
        const id = randomUUID();
        const waiting = new Promise((resolve) => reached.set(id, resolve));
        const handle = client.workflowClient(waits, id);
        await handle.workflowSubmit();
        await waiting;
        reached.delete(id);
        return timed(async () => {
          await handle.input('go on');
          return await handle.workflowAttach();
        }, 'go on');
      },
    },
    // The server of the services ends with the process.
    close: async () => setImmediate(() => process.exit()),
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

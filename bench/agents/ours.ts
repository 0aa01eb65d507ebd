import { randomUUID } from 'node:crypto';
import { DefaultLogger } from '@temporalio/worker';
import { defineAgent } from '../../src/agent/define-agent.ts';
import { defineTool } from '../../src/agent/define-tool.ts';
import type { TokenChannel } from '../../src/agent/token-channel.ts';
import { processTokens } from '../../src/agent/tokens/local-tokens.ts';
import { openSocketTokens } from '../../src/agent/tokens/socket-tokens.ts';
import { connect } from '../../src/client/connect.ts';
import type { Engine } from '../../src/engine/index.ts';
import { createTemporalEngine } from '../../src/engines/temporal/index.ts';
import { createWorker } from '../../src/worker/index.ts';
import { timed, type Operation } from '../workloads.ts';
import { converse, type ConversationFigures, type ConversationRequest } from './conversation.ts';
import { firstToken } from './first-token.ts';
import { benchModel, instructionsOf } from './model.ts';
import { TokenProcess } from './token-process.ts';
import { look, lookUp } from './tool.ts';

/** What is measured of agents. */
export type AgentWorkload = 'agent' | 'first-token';

/** Agents at work. */
export interface RunningAgents {
  readonly operations: Partial<Readonly<Record<AgentWorkload, Operation>>>;
  converse(request: ConversationRequest): Promise<ConversationFigures>;
  close(): Promise<void>;
}

const agent = defineAgent({
  name: 'bench',
  model: benchModel(),
  instructions: 'You look numbers up.',
  tools: [defineTool({ ...lookUp, run: look })],
  limits: { steps: 100_000 },
});

// A queue of its own: on a server that was there before, others may be at work.
const taskQueue = `bench-agents-${process.pid}`;

/**
 * Our agents on an embedded engine, with a worker in this process.
 * @param path of the database: whoever hears the models then does so from a process of its own.
 */
export async function startEmbeddedAgents(engine: Engine, path: string | undefined): Promise<RunningAgents> {
  if (path === undefined) return await startAgents(engine, processTokens());
  const tokens = await openSocketTokens(path);
  const agents = await startAgents(engine, tokens);
  const listener = new TokenProcess(path, taskQueue);
  return {
    ...agents,
    operations: { ...agents.operations, 'first-token': () => listener.measure() },
    close: async () => {
      await listener.close();
      await agents.close();
      await tokens.close();
    },
  };
}

/** Our agents on a Temporal server, with a worker in this process. */
export async function startAgentsOnTemporal(address: string): Promise<RunningAgents> {
  const engine = await createTemporalEngine({ connection: { address } });
  const agents = await startAgents(engine, processTokens());
  return {
    ...agents,
    close: async () => {
      await agents.close();
      await engine.close();
    },
  };
}

async function startAgents(engine: Engine, tokens: TokenChannel): Promise<RunningAgents> {
  const worker = await createWorker({
    agents: [agent],
    engine,
    taskQueue,
    tokens,
    logger: new DefaultLogger('WARN'),
  });
  const running = worker.run();
  const perdure = await connect({ engine, taskQueue, tokens });
  return {
    operations: {
      agent: () => timed(async () => (await perdure.start(agent, { input: instructionsOf(2) })).result()),
      'first-token': () => firstToken(perdure, `first-token-${randomUUID()}`),
    },
    converse: (request) =>
      converse(
        {
          client: engine.client,
          modelActivity: 'agent.callModel',
          start: (input, id) => perdure.start(agent, { input, id }),
        },
        request,
      ),
    close: async () => {
      worker.shutdown();
      await running;
    },
  };
}

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { ProviderV4 } from '@ai-sdk/provider';
import { AiSdkPlugin } from '@temporalio/ai-sdk';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { timed } from '../workloads.ts';
import { converse } from './conversation.ts';
import { benchModel, instructionsOf } from './model.ts';
import type { RunningAgents } from './ours.ts';
import { look } from './tool.ts';
import type { officialAgent } from './workflows.ts';

/** The same agent on the official plugin for the AI SDK, on a Temporal server. */
export async function startOfficialAgents(address: string): Promise<RunningAgents> {
  const taskQueue = `bench-official-agents-${process.pid}`;
  const nativeConnection = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    activities: { look },
    plugins: [new AiSdkPlugin({ modelProvider: provider() })],
  });
  const running = worker.run();
  const options = (workflowId: string): { taskQueue: string; workflowId: string } => ({ taskQueue, workflowId });
  return {
    operations: {
      agent: () =>
        timed(() =>
          client.workflow.execute<typeof officialAgent>('officialAgent', {
            ...options(`agent-${randomUUID()}`),
            args: [instructionsOf(2)],
          }),
        ),
    },
    converse: (request) =>
      converse(
        {
          client,
          modelActivity: 'invokeModel',
          start: (input, id) =>
            client.workflow.start<typeof officialAgent>('officialAgent', { ...options(id), args: [input] }),
        },
        request,
      ),
    close: async () => {
      worker.shutdown();
      await running;
      await connection.close();
      await nativeConnection.close();
    },
  };
}

function provider(): ProviderV4 {
  const missing = (): never => {
    throw new Error('Only language models are measured.');
  };
  return { specificationVersion: 'v4', languageModel: benchModel, embeddingModel: missing, imageModel: missing };
}

import 'perdure/testing/vitest';
import { callTool, createAgentTest, fakeTool, say, scriptedModel } from 'perdure/testing';
import { expect, it } from 'vitest';
import { lookupOrder, support } from './support.ts';

it('says where an order is', async () => {
  const model = scriptedModel([callTool(lookupOrder, { orderId: '1042' }), say('It is on its way.')]);
  const tools = [fakeTool(lookupOrder, { status: 'shipped' })];
  await using test = await createAgentTest({ agents: [support], model, tools });
  const run = await test.start(support, { input: 'Where is order 1042?' });
  await expect(run).toHaveCompletedWith('It is on its way.');
});

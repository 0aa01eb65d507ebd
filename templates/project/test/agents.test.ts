import 'perdure/testing/vitest';
import { callTool, createAgentTest, say, scriptedModel } from 'perdure/testing';
import { expect, it } from 'vitest';
import { lookupOrder, refundOrder, support } from '../src/agents.ts';

it('looks an order up before it answers', async () => {
  const model = scriptedModel([callTool(lookupOrder, { orderId: '1042' }), say('It is on its way.')]);
  await using test = await createAgentTest({ agents: [support], model });
  const run = await test.start(support, { input: 'Where is order 1042?' });
  await expect(run).toHaveCompletedWith('It is on its way.');
});

it('pays back a large amount only when a person agrees', async () => {
  const model = scriptedModel([callTool(refundOrder, { orderId: '1042' }), say('You get your money back.')]);
  await using test = await createAgentTest({ agents: [support], model });
  const run = await test.start(support, { input: 'I want my money back for 1042.' });
  await run.until('approval_requested');
  await run.approve();
  await expect(run).toHaveCompletedWith('You get your money back.');
});

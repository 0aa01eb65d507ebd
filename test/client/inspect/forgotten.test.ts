import { describe, expect, it } from 'vitest';
import { useClientWorlds } from '../world.ts';

const clientWorld = useClientWorlds();

describe('what the engine has forgotten', () => {
  it('is in the tree as its parent knew it', async () => {
    const { perdure, env } = await clientWorld({
      scripts: {
        main: [{ calls: [{ agent: 'helper' }, { agent: 'gone' }] }, { complete: 'Done.' }],
        helper: [{ complete: 'Done.' }],
        gone: [{ calls: [{ agent: 'helper' }] }, { complete: 'Done.' }],
      },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await run.result();
    const { namespace } = env.client.options;
    const workflowId = `${run.id}/s1.2.gone`;
    await env.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
    await expect.poll(() => perdure.run(workflowId).describe().catch(String)).toMatch(/There is no run/);
    await expect(run.tree()).resolves.toMatchObject({
      run: { id: run.id },
      children: [
        { run: { id: `${run.id}/s1.1.helper`, status: 'completed' } },
        { run: { id: workflowId, agent: 'gone', status: 'completed', endedAt: expect.any(Date) }, children: [] },
      ],
    });
    await expect(run.metrics({ includeSubAgents: true })).resolves.toMatchObject({ llmCallCount: 3, incomplete: true });
    await expect(run.metrics()).resolves.not.toHaveProperty('incomplete');
  });
});

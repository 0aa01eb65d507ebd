import { defineAgent } from 'perdure';
import { workflowData } from 'perdure/data';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openProject } from '../../../src/cli/project/open-project.ts';
import { scripted } from '../../worker/support.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

const write = { tool: 'workflow_data_write', input: { key: 'note', value: 'kept' } };
const clerk = defineAgent({
  name: 'clerk',
  model: scripted({ calls: [write] }, { text: 'Done.' }),
  instructions: 'Note.',
  tools: [workflowData()],
});

describe('the API of a project', () => {
  it('shows what its agents have written', { timeout: 120_000 }, async () => {
    const before = process.cwd();
    process.chdir(temporaryDirectory());
    onTestFinished(() => process.chdir(before));
    for (const name of ['PERDURE_DATA_URL', 'DATABASE_URL']) vi.stubEnv(name, '');
    onTestFinished(() => void vi.unstubAllEnvs());
    const project = await openProject({
      file: { agents: [clerk] },
      engine: { type: 'embedded', memory: true },
      hasWorker: true,
      api: { port: 0 },
    });
    onTestFinished(() => project.close());
    await (await project.perdure.start(clerk, { input: 'Hi', id: 'one' })).result();
    const answer = await fetch(`${project.api?.url}/api/runs/one/data/note`);
    expect(await answer.json()).toMatchObject({ key: 'note', value: 'kept', agent: 'clerk' });
  });
});

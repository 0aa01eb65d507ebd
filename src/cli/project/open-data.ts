import type { AnyAgent } from '../../agent/types.ts';
import type { WorkflowData } from '../../data/index.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens what runs have written, for the API to show: where the agents have it, as the environment says.
 * @param hasWorker whether the agents run in this process. PGlite is for one process: without it, another one has the directory.
 * @returns `undefined` when nobody has asked for workflow data.
 * @throws ConfigurationError, DataUnavailableError
 */
export async function openData(
  agents: readonly AnyAgent[],
  hasWorker: boolean,
  env: Environment = process.env,
): Promise<WorkflowData | undefined> {
  const isAskedFor = Boolean(env['PERDURE_DATA_URL']);
  const canBeShared = Boolean(env['DATABASE_URL']) || hasWorker;
  if (!isAskedFor && !(canBeShared && agents.some(hasDataTools))) return undefined;
  // Late, for it is much to load.
  const { openWorkflowData } = await import('../../data/index.ts');
  return await openWorkflowData();
}

/** Whether an agent, or one that it may ask, has the tools of workflow data. */
function hasDataTools({ tools, agents }: AnyAgent): boolean {
  return (
    tools.some(({ kind, name }) => kind === 'tool-source' && name === 'workflow_data') || agents.some(hasDataTools)
  );
}

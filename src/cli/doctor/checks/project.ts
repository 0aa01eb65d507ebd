import { resolveModel } from '../../../agent/models/resolve-model.ts';
import type { AnyAgent } from '../../../agent/types.ts';
import { ConfigurationError } from '../../../engine/index.ts';
import { loadWorkerFile } from '../../load-file.ts';
import { projectFile } from '../../project/find-file.ts';
import { type Environment, type Finding, fine, trouble } from '../finding.ts';

/** Whether a project's file can be loaded, and the models of its agents can be had: their packages and the variables with their keys. Asks no model. */
export async function checkProject(named: string | undefined, env: Environment): Promise<readonly Finding[]> {
  let file: string;
  try {
    file = projectFile(named);
  } catch {
    // There need not be one here.
    return await checkModel(env['PERDURE_MODEL'], env);
  }
  try {
    const { agents = [] } = await loadWorkerFile(file);
    const models = new Set(agents.map(({ model }: AnyAgent) => model).filter((model) => typeof model === 'string'));
    const found = await Promise.all([...models].map((model) => checkModel(model, env)));
    return [fine('project', `${file}: ${agents.map(({ name }) => name).join(', ') || 'no agents'}`), ...found.flat()];
  } catch (error) {
    return [trouble('project', error)];
  }
}

async function checkModel(model: string | undefined, environment: Environment): Promise<readonly Finding[]> {
  if (!model) return [];
  try {
    await resolveModel(model, { environment });
    return [fine('model', `${model}: its provider is installed, its key is set`)];
  } catch (error) {
    if (!ConfigurationError.is(error)) throw error;
    return [trouble('model', error)];
  }
}

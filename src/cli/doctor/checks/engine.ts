import { type EngineConfig, openEngine } from '../../../engines/index.ts';
import { describePlace } from '../../project/place.ts';
import { type Environment, type Finding, fine, trouble } from '../finding.ts';
import { checkEmbedded } from './embedded.ts';

const AREAS: Readonly<Record<string, string>> = { bullmq: 'Redis', temporal: 'Temporal' };
/** Nobody wants to wait longer to hear that a server is not there. */
const PATIENCE = '3 s';

/**
 * Whether the engine can be used as it is configured. Opening it is the check: it looks at version, settings and rights of Redis, and at namespace and
 * credentials of Temporal.
 */
export async function checkEngine(config: EngineConfig, env: Environment): Promise<readonly Finding[]> {
  if (config.type === 'embedded') return await checkEmbedded(config);
  const area = AREAS[config.type] ?? `engine ${config.type}`;
  const warnings: Finding[] = [];
  const warn = (error: unknown): void => void warnings.push(warning(area, error));
  try {
    const engine = await openEngine(prepared(config, warn), env);
    try {
      const [{ version }, health, place] = await Promise.all([engine.info(), engine.health(), describePlace(config)]);
      if (health.status === 'unhealthy') return [trouble(area, new Error(health.error ?? 'It is unhealthy.'))];
      const queued = health.queuedRuns === undefined ? '' : `, ${health.queuedRuns} tasks wait`;
      const state = fine(area, `${version} at ${place}: ${health.activeRuns} open runs${queued}`);
      return [state, ...(health.error === undefined ? [] : [warning(area, new Error(health.error))]), ...warnings];
    } finally {
      await engine.close();
    }
  } catch (error) {
    return [trouble(area, error), ...warnings];
  }
}

function prepared(config: EngineConfig, onError: (error: unknown) => void): EngineConfig {
  if (config.type === 'bullmq') return { ...config, onError };
  if (config.type !== 'temporal') return config;
  return { ...config, connection: { connectTimeout: PATIENCE, ...config.connection } };
}

/** What it says in one sentence or two: what is wrong, and what to set. */
function warning(area: string, error: unknown): Finding {
  return trouble(area, error, 'warning');
}

import type { AgentActivityOptions } from '../agent/activities/options.ts';
import { resolveModel } from '../agent/models/resolve-model.ts';
import type { AgentRegistry } from '../agent/registry.ts';
import { ConfigurationError, type Engine } from '../engine/index.ts';
import type { AnyWorkerOptions } from './options.ts';

/** Refuses a worker that has nothing to do. */
export function checkServed({ agents = [], tools = [], activities, workflowsPath }: AnyWorkerOptions): void {
  for (const [index, agent] of agents.entries()) {
    if ((agent as { readonly kind?: unknown } | undefined)?.kind === 'agent') continue;
    throw new ConfigurationError(`agents[${index}]`, 'is no agent.', { fix: 'Pass what defineAgent returns.' });
  }
  if (agents.length > 0 || tools.length > 0 || activities !== undefined || workflowsPath !== undefined) return;
  throw new ConfigurationError('agents', 'is empty, so the worker has nothing to do.', {
    fix: 'Pass the agents that it is to run: agents: [support].',
  });
}

/**
 * Makes sure that every agent's model is to be had, before a run finds out.
 * @throws ConfigurationError with all that is missing.
 */
export async function checkModels(registry: AgentRegistry, models: AgentActivityOptions['models']): Promise<void> {
  const problems: ConfigurationError[] = [];
  for (const { name, model } of registry.agents) {
    try {
      if (typeof model === 'string' && models !== undefined) await models(model);
      else await resolveModel(model);
    } catch (error) {
      if (!ConfigurationError.is(error)) throw error;
      problems.push(
        new ConfigurationError(`agent '${name}', ${error.path}`, problemOf(error), { fix: error.fix, cause: error }),
      );
    }
  }
  const [first, ...others] = problems;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const all = problems.map(({ message }) => `- ${message}`).join('\n');
  throw new ConfigurationError('agents', `${problems.length} of them have no model:\n${all}`, {
    fix: 'Each line says what to do.',
    cause: first,
  });
}

/** The message without what comes before and after it. */
function problemOf({ message, path, fix }: ConfigurationError): string {
  return message.slice(path.length + 2, message.length - fix.length - 1);
}

/**
 * The secret by which completion tokens are signed.
 * @throws ConfigurationError when a tool needs one and there is none.
 */
export function checkSecret(registry: AgentRegistry, engine: Engine, given: string | undefined): string {
  const secret = given ?? (process.env['PERDURE_SECRET'] || undefined) ?? engine.secret?.();
  if (secret !== undefined && secret !== '') return secret;
  const tool = registry.tools.find(({ completion }) => completion === 'async');
  // Nobody will ever ask for a token.
  if (tool === undefined && secret === undefined) return 'unused';
  const problem =
    secret === ''
      ? 'is empty, so anybody could complete tool calls.'
      : `is missing: the tool '${tool?.name ?? ''}' completes later, by tokens that have to be signed, and the engine '${engine.name}' has no secret of its own.`;
  throw new ConfigurationError('secret', problem, {
    fix: 'Set PERDURE_SECRET to at least 32 random characters, the same for all workers and clients, or pass `secret`.',
  });
}

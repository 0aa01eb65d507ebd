import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { AnyAgent, AnyTool, ToolSource } from '../../src/agent/types.ts';
import { ConfigurationError } from '../../src/engine/index.ts';

/** What agents are given in a test in the place of what they have. */
export interface Replacements {
  /** For all agents that `models` does not name. */
  readonly model?: LanguageModelV4;
  /** By name of the agent. */
  readonly models?: Readonly<Record<string, LanguageModelV4>>;
  /** In the place of those of the same name. */
  readonly tools?: readonly AnyTool[];
}

/**
 * The same agents, sub-agents included, with other models and tools.
 * @throws ConfigurationError when a replacement fits nothing, or when an agent would call a provider.
 */
export function replaceIn(agents: readonly AnyAgent[], replacements: Replacements): readonly AnyAgent[] {
  const done = new Map<AnyAgent, AnyAgent>();
  // One that agents share stays one: a worker opens it once.
  const sources = new Map<ToolSource, ToolSource>();
  const { model, models = {} } = replacements;
  const tools = new Map((replacements.tools ?? []).map((tool) => [tool.name, tool]));
  const replaced = new Set<string>();
  const replaceTool = (tool: AnyTool): AnyTool => {
    replaced.add(tool.name);
    return tools.get(tool.name) ?? tool;
  };
  const replaceSource = (source: ToolSource): ToolSource => {
    const copy = sources.get(source) ?? replaceInSource(source, replaceTool);
    sources.set(source, copy);
    return copy;
  };
  const replace = (agent: AnyAgent): AnyAgent => {
    const known = done.get(agent);
    if (known !== undefined) return known;
    const copy: AnyAgent = {
      ...agent,
      model: offline(agent, models[agent.name] ?? model ?? agent.model),
      tools: agent.tools.map((tool) => (tool.kind === 'tool' ? replaceTool(tool) : replaceSource(tool))),
      agents: agent.agents.map(replace),
    };
    done.set(agent, copy);
    return copy;
  };
  const copies = agents.map(replace);
  const names = [...done.keys()].map(({ name }) => name);
  checkNames('models', Object.keys(models), names, 'agent');
  // What a tool source has is known only when it is open.
  const isOpen = [...done.keys()].some((agent) => agent.tools.some(({ kind }) => kind === 'tool-source'));
  if (!isOpen) checkNames('tools', [...tools.keys()], [...replaced], 'tool');
  return copies;
}

function offline(agent: AnyAgent, model: AnyAgent['model']): LanguageModelV4 {
  if (typeof model !== 'string') return model;
  throw new ConfigurationError(`models.${agent.name}`, `in a test nobody should call ${model}.`, {
    fix: `Pass models: { ${agent.name}: scriptedModel([…]) }, or a model object.`,
  });
}

function replaceInSource(source: ToolSource, replaceTool: (tool: AnyTool) => AnyTool): ToolSource {
  return {
    ...source,
    open: async () => {
      const open = await source.open();
      return { tools: open.tools.map(replaceTool), close: () => open.close() };
    },
  };
}

function checkNames(path: string, given: readonly string[], known: readonly string[], kind: string): void {
  const stray = given.find((name) => !known.includes(name));
  if (stray === undefined) return;
  throw new ConfigurationError(`${path}.${stray}`, `no ${kind} has this name.`, {
    fix: known.length === 0 ? `There are no ${kind}s.` : `There are: ${known.join(', ')}.`,
  });
}

import type { ActivityDefaults, AgentRecord } from '../workflow/protocol/index.ts';
import { checkUnique } from './checks.ts';
import { DefinitionError } from './errors.ts';
import { agentRecord } from './records.ts';
import type { AnyAgent, AnyTool, InstructionContext, OpenToolSource, ToolSource } from './types.ts';

/** What a worker serves. */
export interface RegistryOptions {
  /** Their sub-agents are registered with them. */
  readonly agents?: readonly AnyAgent[];
  /** For authors' own workflows: tools that no agent has. */
  readonly tools?: readonly (AnyTool | ToolSource)[];
}

/** The agents and tools of a worker, by name. A name means one thing in a worker. */
export class AgentRegistry {
  readonly #agents = new Map<string, AnyAgent>();
  readonly #tools = new Map<string, { readonly tool: AnyTool; readonly owner: string }>();
  readonly #toolsOf = new Map<string, readonly AnyTool[]>();
  readonly #sources: ReadonlyMap<ToolSource, OpenToolSource>;

  /**
   * @param sources the tool sources of `options`, connected. `AgentRegistry.open` connects them itself.
   * @throws DefinitionError when two things have one name, or a tool source is not connected.
   */
  constructor(options: RegistryOptions, sources: ReadonlyMap<ToolSource, OpenToolSource> = new Map()) {
    this.#sources = sources;
    for (const agent of withSubAgents(options.agents ?? [])) this.#addAgent(agent);
    for (const tool of this.#resolve(options.tools ?? [])) this.#addTool(tool, "the worker's tools");
  }

  /**
   * Connects all tool sources, and registers.
   * @throws DefinitionError as the constructor; and what a tool source throws when it can't be reached. Then nothing stays connected.
   */
  static async open(options: RegistryOptions): Promise<AgentRegistry> {
    const members = [...withSubAgents(options.agents ?? []).flatMap(({ tools }) => tools), ...(options.tools ?? [])];
    const sources = new Set(members.filter((each) => each.kind === 'tool-source'));
    checkUnique(
      [...sources].map(({ name }) => ({ kind: 'tool source', name })),
      'tool sources',
    );
    const results = await Promise.allSettled(
      [...sources].map(async (source) => [source, await source.open()] as const),
    );
    const opened = new Map(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    try {
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      return new AgentRegistry(options, opened);
    } catch (error) {
      await closeAll(opened.values());
      throw error;
    }
  }

  /** All agents, sub-agents included. */
  get agents(): readonly AnyAgent[] {
    return [...this.#agents.values()];
  }

  /** All tools, those of tool sources included. */
  get tools(): readonly AnyTool[] {
    return [...this.#tools.values()].map(({ tool }) => tool);
  }

  /** The agent of a name. */
  agent(name: string): AnyAgent | undefined {
    return this.#agents.get(name);
  }

  /** The tools of an agent, those of its tool sources included. */
  toolsOf(agent: AnyAgent): readonly AnyTool[] {
    return this.#toolsOf.get(agent.name) ?? [];
  }

  /** The tool of a name. @param agent given, only one of that agent's is meant. */
  tool(name: string, agent?: AnyAgent): AnyTool | undefined {
    if (agent) return this.toolsOf(agent).find((tool) => tool.name === name);
    return this.#tools.get(name)?.tool;
  }

  /** What is recorded of an agent when a run starts. Fails with what its instructions' function throws. @param defaults where definitions say nothing. */
  record(agent: AnyAgent, context: InstructionContext, defaults?: ActivityDefaults): Promise<AgentRecord> {
    return agentRecord(agent, this.toolsOf(agent), context, defaults);
  }

  /** Disconnects the tool sources. */
  async close(): Promise<void> {
    await closeAll(this.#sources.values());
  }

  #addAgent(agent: AnyAgent): void {
    const same = this.#agents.get(agent.name);
    if (same !== undefined && same !== agent)
      throw new DefinitionError(`agent "${agent.name}"`, 'two different agents have this name.', {
        fix: 'Rename one of them: runs find their agent by its name.',
      });
    this.#agents.set(agent.name, agent);
    const tools = this.#resolve(agent.tools);
    checkUnique([...tools, ...agent.agents], `agent "${agent.name}"`);
    for (const tool of tools) this.#addTool(tool, `agent "${agent.name}"`);
    this.#toolsOf.set(agent.name, tools);
  }

  #addTool(tool: AnyTool, owner: string): void {
    const same = this.#tools.get(tool.name);
    if (same !== undefined && same.tool !== tool)
      throw new DefinitionError(
        `tool "${tool.name}"`,
        `${same.owner} and ${owner} have different tools of this name.`,
        { fix: 'Share one tool, or rename one of them: calls find their tool by its name.' },
      );
    if (same === undefined) this.#tools.set(tool.name, { tool, owner });
  }

  #resolve(members: readonly (AnyTool | ToolSource)[]): readonly AnyTool[] {
    return members.flatMap((member) => {
      if (member.kind === 'tool') return [member];
      const source = this.#sources.get(member);
      if (!source)
        throw new DefinitionError(`tool source "${member.name}"`, 'is not connected.', {
          fix: 'Use AgentRegistry.open.',
        });
      return source.tools;
    });
  }
}

/** Agents and everyone below them, each once. */
function withSubAgents(agents: readonly AnyAgent[]): readonly AnyAgent[] {
  const all = new Set<AnyAgent>();
  const add = (agent: AnyAgent): void => {
    if (all.has(agent)) return;
    all.add(agent);
    agent.agents.forEach(add);
  };
  agents.forEach(add);
  return [...all];
}

async function closeAll(sources: Iterable<OpenToolSource>): Promise<void> {
  await Promise.allSettled([...sources].map((source) => source.close()));
}

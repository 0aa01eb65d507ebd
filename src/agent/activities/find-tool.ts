import { type ExecuteToolInput, FAILURE } from '../../workflow/protocol/index.ts';
import { checkValue } from '../arguments.ts';
import { finalFailure } from '../failures.ts';
import { toolHash } from '../records.ts';
import type { AgentRegistry } from '../registry.ts';
import type { AnyTool } from '../types.ts';

/** The tool of a name. @throws ApplicationFailure `ToolUnknown`: final. */
export function findTool(registry: AgentRegistry, name: string): AnyTool {
  const tool = registry.tool(name);
  if (tool) return tool;
  const names = registry.tools.map((each) => each.name).join(', ') || 'none';
  throw finalFailure(FAILURE.toolUnknown, `This worker has no tool ${name}. It has: ${names}.`);
}

/**
 * The tool that a call means, and its arguments as the schema gives them.
 * @throws ApplicationFailure `ToolUnknown`, `ToolChanged`, `InvalidArguments`: final.
 */
export async function prepareCall(registry: AgentRegistry, call: ExecuteToolInput): Promise<PreparedCall> {
  const { tool: name, toolHash: recorded, input } = call;
  const tool = findTool(registry, name);
  if (toolHash(tool) !== recorded)
    throw finalFailure(
      FAILURE.toolChanged,
      `The tool ${name} takes other arguments than when this run started, so the call can't be made as it was meant.`,
    );
  return { tool, args: await checkedArguments(tool, input) };
}

/**
 * As `prepareCall`, for undoing a call that was made. The tool may have changed since then, by a deployment: it is called with what it still
 * takes, since a call that nobody undoes is worse.
 * @throws ApplicationFailure `ToolUnknown`, `ToolChanged` when it undoes nothing any more, `InvalidArguments`: final.
 */
export async function prepareCompensation(
  registry: AgentRegistry,
  { tool: name, input }: ExecuteToolInput,
): Promise<PreparedCall> {
  const tool = findTool(registry, name);
  if (!tool.compensate)
    throw finalFailure(FAILURE.toolChanged, `The tool ${name} has no compensate any more, so the call stays as it is.`);
  return { tool, args: await checkedArguments(tool, input) };
}

/** A tool, and what it is called with. */
export interface PreparedCall {
  /** As this worker has it. */
  readonly tool: AnyTool;
  /** As its schema gives them. */
  readonly args: unknown;
}

async function checkedArguments(tool: AnyTool, input: ExecuteToolInput['input']): Promise<unknown> {
  const checked = await checkValue(tool.input, input);
  if (checked.ok) return checked.value;
  throw finalFailure(FAILURE.invalidArguments, `The arguments of ${tool.name} are not valid: ${checked.problem}`);
}

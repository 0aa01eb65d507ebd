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
export async function prepareCall(
  registry: AgentRegistry,
  { tool: name, toolHash: recorded, input }: ExecuteToolInput,
): Promise<{ readonly tool: AnyTool; readonly args: unknown }> {
  const tool = findTool(registry, name);
  if (toolHash(tool) !== recorded)
    throw finalFailure(
      FAILURE.toolChanged,
      `The tool ${name} takes other arguments than when this run started, so the call can't be made as it was meant.`,
    );
  const checked = await checkValue(tool.input, input);
  if (checked.ok) return { tool, args: checked.value };
  throw finalFailure(FAILURE.invalidArguments, `The arguments of ${name} are not valid: ${checked.problem}`);
}

import type { AgentActivities } from '../../workflow/protocol/index.ts';
import { approvalNeeded } from '../approval.ts';
import { encodeResult } from '../encode-result.ts';
import { toolFailure } from '../failures.ts';
import { toolRecord } from '../records.ts';
import type { AsyncToolContext, CompensationContext } from '../types.ts';
import { findTool, prepareCall, prepareCompensation } from './find-tool.ts';
import { cancellable, withHeartbeat } from './heartbeat.ts';
import type { AgentActivityOptions } from './options.ts';
import { approvalContext, compensationContext, toolContext } from './tool-context.ts';

/** The activities that call tools. */
export type ToolActivities = Pick<
  AgentActivities,
  'agent.resolveTool' | 'agent.executeTool' | 'agent.needsApproval' | 'agent.compensateTool'
>;

/** Makes the activities that call tools. */
export function createToolActivities(options: AgentActivityOptions): ToolActivities {
  const { registry, activityDefaults } = options;
  return {
    'agent.resolveTool': async (name) => toolRecord(findTool(registry, name), activityDefaults),

    'agent.executeTool': async (input) => {
      const { tool, args } = await prepareCall(registry, input);
      const context = toolContext(options, input) as AsyncToolContext<never>;
      const result = await attempt(() => tool.run(args as never, context));
      return tool.completion === 'async'
        ? { type: 'pending' }
        : { type: 'completed', output: encodeResult(tool, result) };
    },

    'agent.needsApproval': async (input) => {
      const { tool, args } = await prepareCall(registry, input);
      const { agent, metadata } = input.caller;
      const context = approvalContext(options, { tool: tool.name, toolCallId: input.toolCallId, agent, metadata });
      return cancellable(() => withHeartbeat(() => approvalNeeded(tool, args, context)));
    },

    'agent.compensateTool': async (input) => {
      const { tool, args } = await prepareCompensation(registry, input);
      const context = compensationContext(options, input) as CompensationContext<never>;
      await attempt(() => tool.compensate?.(args as never, context));
    },
  };
}

/** Calls an author's function; what it throws becomes a failure that says whether another attempt may help. */
async function attempt(call: () => unknown): Promise<unknown> {
  return cancellable(async () => {
    try {
      return await withHeartbeat(call);
    } catch (error) {
      throw toolFailure(error);
    }
  });
}

import type { AgentActivities } from '../../workflow/protocol/index.ts';
import { checkChild } from './check-child.ts';
import type { AgentActivityOptions } from './options.ts';
import { createResolve } from './resolve.ts';
import { createToolActivities } from './tools.ts';

/** Makes the activities behind the loop, for a worker's `activities`. */
export function createAgentActivities(
  options: AgentActivityOptions,
  callModel: AgentActivities['agent.callModel'],
): AgentActivities {
  return {
    'agent.resolve': createResolve(options),
    'agent.callModel': callModel,
    ...createToolActivities(options),
    'agent.checkChild': checkChild,
  };
}

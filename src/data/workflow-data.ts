import type { ToolSource } from '../agent/types.ts';
import { LIMITS } from './limits.ts';
import { openWorkflowData } from './open-workflow-data.ts';
import { completeOptions, type WorkflowDataOptions } from './options.ts';
import { dataTools } from './tools.ts';
import type { WorkflowData } from './types.ts';

/**
 * The tools `workflow_data_write`, `workflow_data_read`, `workflow_data_query` and `workflow_data_list`, for an agent's `tools`. The agents of a run share data by
 * them, and no other run sees it. Give the same source to all agents of a worker.
 * @param source how to open the data: the worker opens it when it starts, and closes it when it ends. Or data that is open already, and that you close.
 * @throws ConfigurationError when an option is wrong.
 * @example
 * const data = workflowData();
 * const researcher = defineAgent({ name: 'researcher', model, instructions, tools: [data] });
 * const writer = defineAgent({ name: 'writer', model, instructions, tools: [data], agents: [researcher] });
 */
export function workflowData(source: WorkflowDataOptions | WorkflowData = {}): ToolSource {
  if (isOpen(source))
    return toSource(async () => ({ tools: dataTools(source, LIMITS.mostValueBytes), close: async () => {} }));
  // Finds what is wrong with the options now, and not when the worker starts.
  const { maxValueBytes } = completeOptions(source);
  return toSource(async () => {
    const data = await openWorkflowData(source);
    return { tools: dataTools(data, maxValueBytes), close: () => data.close() };
  });
}

function toSource(open: ToolSource['open']): ToolSource {
  return Object.freeze<ToolSource>({ kind: 'tool-source', name: 'workflow_data', open });
}

function isOpen(source: WorkflowDataOptions | WorkflowData): source is WorkflowData {
  return 'query' in source && 'sweep' in source;
}

import type { Client } from '@temporalio/client';
import { serverError } from './context.ts';
import { listRows } from './list-rows.ts';

const INVALID_ARGUMENT = 3;

/** The runs that a run has started and that have not ended, as far as it knows: not those of runs that it continues. */
export async function childrenOf(client: Client, workflowId: string): Promise<string[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return (raw.pendingChildren ?? []).flatMap((child) => child.workflowId || []);
}

/** Sub-agents of a run, of all depths, that are in a state, as lists have it: those may lag behind. */
export async function listedBelow(client: Client, workflowId: string, state: 'Running' | 'Paused'): Promise<string[]> {
  const query = `WorkflowId STARTS_WITH ${quoted(`${workflowId}/`)} AND ExecutionStatus = '${state}'`;
  const ids: string[] = [];
  try {
    for await (const info of listRows(client, { query })) ids.push(info.workflowId);
  } catch (error) {
    if (state !== 'Paused' || !isUnknownStatus(error)) throw error;
  }
  return ids;
}

/** Whether a query was refused by a server that knows no paused runs: there are none. */
export function isUnknownStatus(error: unknown): boolean {
  const said = serverError(error);
  return said?.code === INVALID_ARGUMENT && said.details.includes("'Paused'");
}

/** Text in a visibility query. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

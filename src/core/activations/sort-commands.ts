import type { coresdk } from '@temporalio/proto';
import { isTerminal } from './command-intake.ts';

type LangCommand = coresdk.workflow_commands.IWorkflowCommand;
type QueryResult = coresdk.workflow_commands.IQueryResult;

/**
 * Takes query answers out. Of several terminal commands the first counts, and goes last, so that what other coroutines did in the same
 * activation still happens; histories of old cores cut off everything after it instead (`keepAll` false).
 */
export function sortCommands(
  commands: readonly LangCommand[],
  keepAll: boolean,
): { commands: LangCommand[]; queryResults: QueryResult[] } {
  const queryResults = commands.flatMap((c) => (c.respondToQuery ? [c.respondToQuery] : []));
  const others = commands.filter((c) => !c.respondToQuery);
  const terminal = others.find(isTerminal);
  if (!terminal) return { commands: others, queryResults };
  const kept = keepAll ? others.filter((c) => !isTerminal(c)) : others.slice(0, others.indexOf(terminal));
  return { commands: [...kept, terminal], queryResults };
}

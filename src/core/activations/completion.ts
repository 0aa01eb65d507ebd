import type { coresdk } from '@temporalio/proto';
import type { RunMachines } from './run-machines.ts';
import type { CompletionOutcome, Reply, Success, WorkflowTask } from './workflow-task.ts';

type LangCommand = coresdk.workflow_commands.IWorkflowCommand;
type QueryJob = coresdk.workflow_activation.IQueryWorkflow;
type QueryResult = coresdk.workflow_commands.IQueryResult;

/** The workflow task that a run works on. */
export interface OutstandingTask {
  readonly task: WorkflowTask;
  pendingQueries: QueryJob[];
  /** When it arrived, by the worker's clock; 0 where nothing depends on it. */
  readonly arrivedAt: number;
}

/** The language side's answer on its way through the machines. */
export interface PendingCompletion {
  readonly success: Success;
  readonly commands: LangCommand[];
  readonly queryResults: QueryResult[];
  readonly outstanding: OutstandingTask;
  readonly forcedFailure: boolean;
  readonly reply: Reply;
}

/** What else decides about the outcome of a completion. */
export interface OutcomeContext {
  readonly broken: boolean;
  readonly wasEviction: boolean;
  /** The server is asked for another task at once: local activities still run, or have just ended. */
  readonly forceNewTask: boolean;
}

/** What a completion means for the server: the task's answer once the language side has nothing left to do. */
export function outcomeOf(
  machines: RunMachines,
  completion: PendingCompletion,
  { broken, wasEviction, forceNewTask }: OutcomeContext,
): CompletionOutcome {
  const { outstanding, queryResults } = completion;
  const answersQueries = queryResults.length > 0;
  const replaysForQuery = outstanding.pendingQueries.length > 0 && !answersQueries;
  const mustWait =
    machines.hasPendingJobs ||
    (machines.replaying && !completion.forcedFailure) ||
    replaysForQuery ||
    wasEviction ||
    machines.sawFinalEvent;
  if (mustWait && !answersQueries) return { kind: 'nothing' };
  const sendable = !(broken && wasEviction);
  return {
    kind: 'complete-task',
    taskToken: outstanding.task.taskToken,
    attempt: outstanding.task.attempt,
    commands: sendable ? machines.commandsToSend() : [],
    messages: sendable ? machines.takeMessages() : [],
    queryResults,
    metadata: machines.takeMetadata(),
    versioningBehavior: completion.success.versioningBehavior,
    // With the query answered, there would be no task to hand the result of a local activity over with.
    forceNewTask: forceNewTask || (answersQueries && machines.hasPendingLocalResolution),
  };
}

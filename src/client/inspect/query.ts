import { type Client, QueryNotRegisteredError, QueryRejectedError } from '@temporalio/client';
import type { Json } from '../../workflow/protocol/index.ts';
import { serverError, toRunError } from '../context.ts';
import { QueryFailedError, QueryUnknownError, RunPausedError } from '../errors.ts';
import { noWorker } from '../no-worker.ts';

const TIMEOUT_MS = 10_000;
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;

/** `Workflow did not register a handler for x. Registered queries: [a b]`, as workers in TypeScript say it. */
const UNKNOWN = /did not register a handler for .*\. Registered queries: \[([^\]]*)\]/;

/** What is asked. */
export interface QueryCall {
  readonly name: string;
  readonly args: readonly Json[];
  /** How long a worker is given to answer, in milliseconds. */
  readonly timeout?: number;
}

/**
 * Asks the workflow of a run something.
 * @throws RunNotFoundError, QueryUnknownError, QueryFailedError, RunPausedError, NoWorkerError, EngineUnavailableError
 */
export async function queryRun(
  client: Client,
  workflowId: string,
  { name, args, timeout = TIMEOUT_MS }: QueryCall,
): Promise<Json> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const answer = await client.withDeadline(Date.now() + timeout, () =>
      handle.query<Json | undefined, Json[]>(name, ...args),
    );
    return answer ?? null;
  } catch (error) {
    throw await explained(client, workflowId, { name, timeout }, error);
  }
}

async function explained(
  client: Client,
  runId: string,
  { name, timeout }: { readonly name: string; readonly timeout: number },
  error: unknown,
): Promise<unknown> {
  if (error instanceof QueryRejectedError) return new RunPausedError(runId, { cause: error });
  if (error instanceof QueryNotRegisteredError) {
    const known = UNKNOWN.exec(error.message)?.[1];
    if (known === undefined) return new QueryFailedError(runId, name, error.message, { cause: error });
    return new QueryUnknownError(runId, name, known.split(/[\s,]+/).filter(Boolean), { cause: error });
  }
  const said = serverError(error);
  if (said?.code === FAILED_PRECONDITION) return new QueryFailedError(runId, name, said.details, { cause: error });
  if (said?.code !== DEADLINE_EXCEEDED && said?.code !== CANCELLED) return toRunError(runId, error);
  const { taskQueue } = await client.workflow.getHandle(runId).describe();
  return await noWorker(client, { runId, taskQueue, timeout }, error);
}

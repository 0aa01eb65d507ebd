import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { isNotFound, isOfChain, type RunReference, toRunError } from '../context.ts';
import { RunNotFoundError } from '../errors.ts';
import { timeOf } from '../events/event-reader.ts';
import type { HistoryEvent } from '../events/read-fact.ts';
import { type RunInfo, runInfo } from '../status.ts';
import { chainPages } from './chain.ts';
import { checkLimit } from './list-runs.ts';
import type { RunTree, TreeOptions } from './types.ts';

/** Runs that are read at the same time. */
const AT_ONCE = 8;
const MOST = 100_000;

/** A run of a tree, while children are still found. */
export interface TreeNode extends RunTree {
  readonly reference: RunReference;
  readonly children: TreeNode[];
  truncated?: true;
}

/**
 * A run and all runs below it, closed ones included. Who started whom is told by histories: they are right at once and on every engine, unlike lists.
 * @throws RunNotFoundError, EngineUnavailableError, ConfigurationError
 */
export async function readTree(
  client: Client,
  reference: RunReference,
  { limit = 1000 }: TreeOptions,
): Promise<TreeNode> {
  checkLimit(limit, MOST);
  const root = await nodeOf(client, reference, undefined);
  if (root === undefined) throw new RunNotFoundError(reference.workflowId);
  let level = [root];
  let count = 1;
  while (level.length > 0) {
    const families = await inTurns(level, async (parent) => ({ parent, found: await childrenOf(client, parent) }));
    const wanted = families.flatMap(({ parent, found }) => found.map((child) => ({ parent, child })));
    const taken = wanted.slice(0, limit - count);
    for (const { parent } of wanted.slice(taken.length)) parent.truncated = true;
    count += taken.length;
    level = (
      await inTurns(taken, async ({ parent, child }) => {
        const node = (await nodeOf(client, child, child)) ?? forgotten(child);
        return { parent, node };
      })
    ).map(({ parent, node }) => {
      parent.children.push(node);
      return node;
    });
  }
  return root;
}

/** What is given out of a tree. */
export function plainTree({ run, children, truncated }: TreeNode): RunTree {
  return { run, children: children.map(plainTree), ...(truncated === undefined ? {} : { truncated }) };
}

/** A child as its parent's history has it. */
interface Child extends Required<RunReference> {
  readonly type: string;
  readonly taskQueue: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  status: WorkflowExecutionInfo['status']['name'];
}

async function nodeOf(
  client: Client,
  reference: RunReference,
  child: Child | undefined,
): Promise<TreeNode | undefined> {
  const { workflowId, firstRunId } = reference;
  try {
    const newest = await client.workflow.getHandle(workflowId).describe();
    const isIt = isOfChain(firstRunId, newest.raw.workflowExecutionInfo?.firstRunId, newest.memo);
    // The id was used again.
    const info = isIt ? newest : await client.workflow.getHandle(workflowId, firstRunId).describe();
    return { run: runInfo(info), reference, children: [] };
  } catch (error) {
    if (child !== undefined && isNotFound(error)) return undefined;
    throw toRunError(workflowId, error);
  }
}

/** A run that the engine has forgotten, as its parent knew it. */
function forgotten({ workflowId, firstRunId, type, taskQueue, startedAt, endedAt, status }: Child): TreeNode {
  const run: RunInfo = runInfo({
    ...({ workflowId, runId: firstRunId, type, taskQueue, historyLength: 0 } as WorkflowExecutionInfo),
    startTime: new Date(startedAt),
    ...(endedAt === undefined ? {} : { closeTime: new Date(endedAt) }),
    status: { name: status, code: 0 },
  });
  return { run, reference: { workflowId, firstRunId }, children: [] };
}

async function childrenOf(client: Client, { reference }: TreeNode): Promise<Child[]> {
  const children = new Map<string, Child>();
  const queues = new Map<number, string>();
  try {
    for await (const { events } of chainPages(client, reference, new AbortController().signal)) {
      for (const event of events) note(children, queues, event);
    }
  } catch (error) {
    // Its description is still there, or what its parent knew of it.
    if (!RunNotFoundError.is(error)) throw error;
  }
  return [...children.values()];
}

const ENDS = [
  ['childWorkflowExecutionCompletedEventAttributes', 'COMPLETED'],
  ['childWorkflowExecutionFailedEventAttributes', 'FAILED'],
  ['childWorkflowExecutionCanceledEventAttributes', 'CANCELLED'],
  ['childWorkflowExecutionTerminatedEventAttributes', 'TERMINATED'],
  ['childWorkflowExecutionTimedOutEventAttributes', 'TIMED_OUT'],
] as const;

function note(children: Map<string, Child>, queues: Map<number, string>, event: HistoryEvent): void {
  const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (initiated) queues.set(Number(event.eventId), initiated.taskQueue?.name ?? '');
  const started = event.childWorkflowExecutionStartedEventAttributes;
  if (started) {
    const { workflowId, runId } = started.workflowExecution ?? {};
    children.set(runId ?? '', {
      workflowId: workflowId ?? '',
      firstRunId: runId ?? '',
      type: started.workflowType?.name ?? '',
      taskQueue: queues.get(Number(started.initiatedEventId)) ?? '',
      startedAt: timeOf(event),
      endedAt: undefined,
      status: 'RUNNING',
    });
    return;
  }
  for (const [attributes, status] of ENDS) {
    // The run that ended may be a later one of the child's chain.
    const id = event[attributes]?.workflowExecution?.workflowId;
    if (id == null) continue;
    const child = [...children.values()].findLast(({ workflowId }) => workflowId === id);
    if (child === undefined) continue;
    child.status = status;
    child.endedAt = timeOf(event);
  }
}

/** Works on some at a time; the results are in the order of the items. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}

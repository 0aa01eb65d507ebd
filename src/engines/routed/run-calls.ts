import type { temporal } from '@temporalio/proto';
import { grpcStatus, hasCode } from '../../runtime/errors.ts';
import { decodeToken, type TaskToken } from '../../runtime/frontend/tokens.ts';
import type { RpcMethod } from '../../runtime/rpc-methods.ts';
import type { CallOptions, MethodName } from '../../runtime/service.ts';
import { openPage, sealPage } from './page-tokens.ts';
import type { Part } from './part.ts';
import { followMoves } from './moved.ts';
import type { Found, Places } from './places.ts';

/** Which run a request is about. */
interface Target {
  readonly workflowId: string;
  readonly runId: string;
}

/** What is needed to find the engine of a call. */
export interface Routes {
  readonly parts: readonly Part[];
  /** For what is of no run, and to say that there is no such run. */
  readonly fallback: Part;
  readonly places: Places;
  /** Whether a run goes on with a chain that began as the run of this id, on another engine. */
  readonly isMovedFrom: (found: Found, firstRunId: string) => Promise<boolean>;
}

/** These are refused once a run is closed, so the engine where it was last may simply be asked. */
const REFUSED_WHEN_CLOSED: ReadonlySet<MethodName> = new Set<MethodName>([
  'pauseWorkflowExecution',
  'recordActivityTaskHeartbeatById',
  'requestCancelWorkflowExecution',
  'respondActivityTaskCanceledById',
  'respondActivityTaskCompletedById',
  'respondActivityTaskFailedById',
  'signalWorkflowExecution',
  'terminateWorkflowExecution',
  'unpauseWorkflowExecution',
  'updateWorkflowExecution',
]);

const PAGED: ReadonlySet<MethodName> = new Set<MethodName>([
  'getWorkflowExecutionHistory',
  'getWorkflowExecutionHistoryReverse',
]);

/** Whether a request of this kind is about one run. */
export function isOfRun({ name, hasField }: RpcMethod): boolean {
  // Activities and operations that stand alone have ids of their own.
  if (/(Activity|NexusOperation)Execution/.test(name) || name.startsWith('resetSticky')) return false;
  return (
    ['workflowExecution', 'updateRef'].some((field) => hasField(field)) ||
    (hasField('execution') && !hasField('executionFilter')) ||
    (hasField('workflowId') && hasField('runId'))
  );
}

/** Passes a call on to the engine that has the run. */
export async function callOfRun(
  routes: Routes,
  name: MethodName,
  request: unknown,
  options?: CallOptions,
): Promise<unknown> {
  if (PAGED.has(name)) return await readPages(routes, name, request, options);
  const target = targetOf(request);
  const { workflowId, runId } = target;
  if (await hasMoved(routes, target, request)) {
    const part = await partOf(routes, target);
    return await part.pass(name, { ...(request as object), firstExecutionRunId: '' }, options);
  }
  const last = routes.places.last(workflowId);
  if (runId !== '' || last === undefined || !REFUSED_WHEN_CLOSED.has(name))
    return await (await partOf(routes, target)).pass(name, request, options);
  try {
    return await last.pass(name, request, options);
  } catch (error) {
    if (!hasCode(error, grpcStatus.NOT_FOUND)) throw error;
    const part = await partOf(routes, target);
    if (part === last) throw error;
    return await part.pass(name, request, options);
  }
}

/** Whether a request names the first run of a chain that goes on on another engine, which does not know that run. */
async function hasMoved({ places, isMovedFrom, parts }: Routes, target: Target, request: unknown): Promise<boolean> {
  const { firstExecutionRunId } = request as { readonly firstExecutionRunId?: string | null };
  if (!firstExecutionRunId || target.runId !== '' || parts.length === 1) return false;
  const found = await places.current(target.workflowId);
  const first = found?.description.workflowExecutionInfo?.firstRunId;
  return found !== undefined && first !== firstExecutionRunId && (await isMovedFrom(found, firstExecutionRunId));
}

/** The engine of a run, or the one that may say that there is none. */
async function partOf({ places, fallback }: Routes, { workflowId, runId }: Target): Promise<Part> {
  if (workflowId === '') return fallback;
  const part = runId === '' ? (await places.current(workflowId))?.part : await places.ofRun(workflowId, runId);
  return part ?? fallback;
}

/** All pages are of the run, and so of the engine, that the first one is of. */
async function readPages(
  routes: Routes,
  name: MethodName,
  request: unknown,
  options: CallOptions | undefined,
): Promise<unknown> {
  const page = openPage((request as { nextPageToken?: Uint8Array }).nextPageToken, routes.parts);
  const part = page?.part ?? (await partOf(routes, targetOf(request)));
  const answer = (await part.pass(name, { ...(request as object), nextPageToken: page?.token ?? null }, options)) as {
    readonly history?: temporal.api.history.v1.IHistory | null;
    readonly nextPageToken?: Uint8Array | null;
  };
  // Messages of generated classes keep what is not set in their prototypes.
  return Object.assign(Object.create(Object.getPrototypeOf(answer) as object | null) as object, answer, {
    history: { events: followMoves(answer.history?.events ?? []) },
    nextPageToken: sealPage(part, answer.nextPageToken),
  });
}

/**
 * Passes a worker's answer on to the engine that has given out the task.
 * @throws what the engines say, if none knows the task: first of all that one of them could not be asked.
 */
export async function callOfTask(
  { parts, places }: Routes,
  name: MethodName,
  request: unknown,
  options?: CallOptions,
): Promise<unknown> {
  const { taskToken } = request as { readonly taskToken?: Uint8Array };
  const ours = readToken(taskToken);
  const owner = ours && (await places.ofRun(ours.workflowId, ours.runId));
  const candidates = owner === undefined ? parts.filter(({ isLocal }) => isLocal === (ours !== undefined)) : [owner];
  const refusals: unknown[] = [];
  for (const part of candidates.length > 0 ? candidates : parts) {
    try {
      return await part.pass(name, request, options);
    } catch (error) {
      refusals.push(error);
    }
  }
  throw refusals.toSorted((a, b) => weightOf(b) - weightOf(a))[0];
}

function readToken(token: Uint8Array | undefined): TaskToken | undefined {
  try {
    return decodeToken(token);
  } catch {
    return undefined;
  }
}

function weightOf(error: unknown): number {
  if (hasCode(error, grpcStatus.INVALID_ARGUMENT)) return 0;
  return hasCode(error, grpcStatus.NOT_FOUND) ? 1 : 2;
}

function targetOf(request: unknown): Target {
  const message = request as {
    readonly execution?: Partial<Target> | null;
    readonly updateRef?: { readonly workflowExecution?: Partial<Target> | null } | null;
    readonly workflowExecution?: Partial<Target> | null;
  } & Partial<Target>;
  const run = message.workflowExecution ?? message.execution ?? message.updateRef?.workflowExecution ?? message;
  return { workflowId: run.workflowId ?? '', runId: run.runId ?? '' };
}

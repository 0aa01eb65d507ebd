import type { temporal } from '@temporalio/proto';
import {
  durationMs,
  EventType,
  TaskQueueKind,
  toDuration,
  toLong,
  toMillis,
  toNumber,
  toTimestamp,
  WorkflowExecutionStatus,
} from '../proto.ts';
import type { HistoryEvent } from '../proto.ts';
import { namespaceId } from '../namespace-id.ts';
import type { ParentLink, RunKey, RunRecord } from '../record.ts';
import type { EventAttributes } from './draft.ts';
import { RunDraft } from './draft.ts';
import { scheduleWorkflowTask, startWorkflowTask } from './workflow-task.ts';
import type { TaskTaker } from './workflow-task.ts';

type StartedAttributes = temporal.api.history.v1.IWorkflowExecutionStartedEventAttributes;

/** Temporal's default for the time that a worker has for one workflow task. */
const defaultTaskTimeoutMs = 10_000;
/** Longer times for a workflow task are cut to this one, in milliseconds. */
export const longestTaskTimeoutMs = 120_000;

/** What a new run is made of. */
export interface NewRun extends RunKey {
  readonly requestId: string;
  readonly attributes: StartedAttributes;
  /** Where it belongs, when it is not the first run of a chain. */
  readonly chain?: { readonly firstRunId: string; readonly previousRunId: string };
  readonly parent?: ParentLink | undefined;
  readonly root?: RunRecord['root'] | undefined;
  /** The schedule that waits for its end. */
  readonly scheduledBy?: RunKey | undefined;
  /** Fields beside the attributes: links, user metadata. */
  readonly extra?: EventAttributes;
  /** Names limits that are not there as 0: what another run's command asks for is recorded so. */
  readonly explicitTimeouts?: boolean;
  /** Does what belongs before the first workflow task, such as a signal that comes with the start. */
  readonly beforeFirstTask?: (draft: RunDraft) => void;
  /** Who takes the first workflow task in the same commit. */
  readonly firstTaskTaker?: TaskTaker;
  /** Deadline of the chain, when an earlier run has set it; milliseconds since the epoch. */
  readonly executionDeadline?: number;
}

/** The timeouts of a run as Temporal bounds them: a run fits into its execution, a task into its run. */
export function boundTimeouts(
  attributes: StartedAttributes,
): Pick<StartedAttributes, 'workflowRunTimeout' | 'workflowTaskTimeout'> {
  const execution = durationMs(attributes.workflowExecutionTimeout);
  const askedRun = durationMs(attributes.workflowRunTimeout);
  const run = askedRun === 0 ? execution : execution === 0 ? askedRun : Math.min(askedRun, execution);
  const task = Math.min(durationMs(attributes.workflowTaskTimeout) || defaultTaskTimeoutMs, longestTaskTimeoutMs);
  return {
    workflowRunTimeout: optionalDuration(run),
    workflowTaskTimeout: toDuration(run === 0 ? task : Math.min(task, run)),
  };
}

/** The same with every limit named, as commands are recorded: 0 for none. */
export function explicitTimeouts(attributes: StartedAttributes): ReturnType<typeof boundTimeouts> {
  const bound = boundTimeouts(attributes);
  return { ...bound, workflowRunTimeout: bound.workflowRunTimeout ?? toDuration(0) };
}

/** A limit as events show it: none is left out. */
export function optionalDuration(ms: number): ReturnType<typeof toDuration> | null {
  return ms > 0 ? toDuration(ms) : null;
}

/** Begins a run: its record and `WorkflowExecutionStarted`. The first workflow task follows at once, unless it is to begin later. */
export function startRun(start: NewRun, now: number): RunDraft {
  const executionTimeout = durationMs(start.attributes.workflowExecutionTimeout);
  const executionDeadline = start.executionDeadline ?? (executionTimeout > 0 ? now + executionTimeout : 0);
  const firstRunId = start.chain?.firstRunId ?? start.runId;
  const root = start.root ?? { workflowId: start.workflowId, runId: start.runId };
  const attributes: StartedAttributes = {
    ...start.attributes,
    ...(start.explicitTimeouts ? explicitTimeouts(start.attributes) : boundTimeouts(start.attributes)),
    taskQueue: { name: start.attributes.taskQueue?.name ?? '', kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
    originalExecutionRunId: start.runId,
    firstExecutionRunId: firstRunId,
    ...(start.chain === undefined ? {} : { continuedExecutionRunId: start.chain.previousRunId }),
    attempt: start.attributes.attempt ?? 1,
    ...(executionDeadline > 0 ? { workflowExecutionExpirationTime: toTimestamp(executionDeadline) } : {}),
    ...parentAttributes(start.parent, root),
    workflowId: start.workflowId,
    ...(start.firstTaskTaker === undefined ? {} : { eagerExecutionAccepted: true }),
  };
  const draft = new RunDraft(initialRecord(start, attributes, { executionDeadline, firstRunId, root, now }), 0, now);
  draft.append(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, {
    ...start.extra,
    workflowExecutionStartedEventAttributes: attributes,
  });
  start.beforeFirstTask?.(draft);
  if (draft.record.executionTime <= now) scheduleWorkflowTask(draft);
  if (start.firstTaskTaker !== undefined) startWorkflowTask(draft, start.firstTaskTaker);
  return draft;
}

/** The record of a run that begins with a history of another run, of which this is the first event. Its times and limits count from now. */
export function restoredRecord(key: RunKey, requestId: string, event: HistoryEvent, now: number): RunRecord {
  const attributes = event.workflowExecutionStartedEventAttributes ?? {};
  const { firstExecutionRunId, continuedExecutionRunId, parentWorkflowExecution: parent } = attributes;
  const firstRunId = firstExecutionRunId || key.runId;
  const { workflowId, runId } = attributes.rootWorkflowExecution ?? key;
  const executionTimeout = durationMs(attributes.workflowExecutionTimeout);
  const executionDeadline = executionTimeout > 0 ? now + executionTimeout : 0;
  const runTimeout = durationMs(attributes.workflowRunTimeout);
  const start: NewRun = {
    namespace: key.namespace,
    workflowId: key.workflowId,
    runId: key.runId,
    requestId,
    attributes,
    ...(continuedExecutionRunId ? { chain: { firstRunId, previousRunId: continuedExecutionRunId } } : {}),
    ...(parent ? { parent: parentOf(attributes) } : {}),
    ...(event.userMetadata ? { extra: { userMetadata: event.userMetadata } } : {}),
  };
  const root = { workflowId: workflowId ?? '', runId: runId ?? '' };
  const runEnd = runTimeout > 0 ? now + runTimeout : 0;
  return {
    ...initialRecord(start, attributes, { executionDeadline, firstRunId, root, now }),
    runDeadline: executionDeadline > 0 && runEnd > 0 ? Math.min(runEnd, executionDeadline) : runEnd,
  };
}

function parentOf(attributes: StartedAttributes): ParentLink {
  return {
    namespace: attributes.parentWorkflowNamespace ?? '',
    workflowId: attributes.parentWorkflowExecution?.workflowId ?? '',
    runId: attributes.parentWorkflowExecution?.runId ?? '',
    initiatedEventId: toNumber(attributes.parentInitiatedEventId),
  };
}

/** Where a run that follows another one belongs: its chain, its parent, and the chain's deadline. */
export function inheritedPlace(
  previous: Readonly<Pick<RunRecord, 'firstRunId' | 'parent' | 'root' | 'executionDeadline' | 'scheduledBy'> & RunKey>,
): Pick<NewRun, 'namespace' | 'workflowId' | 'chain' | 'parent' | 'root' | 'executionDeadline' | 'scheduledBy'> {
  const { namespace, workflowId, firstRunId, runId, parent, root, executionDeadline, scheduledBy } = previous;
  const chain = { firstRunId, previousRunId: runId };
  const inherited = parent === undefined ? undefined : root;
  return { namespace, workflowId, chain, parent, root: inherited, executionDeadline, scheduledBy };
}

/** A record that says nothing yet. */
export function emptyRecord({ requestId, ...key }: RunKey & { readonly requestId: string }, now: number): RunRecord {
  const { workflowId, runId } = key;
  const derived = { executionDeadline: 0, firstRunId: runId, root: { workflowId, runId }, now };
  return initialRecord({ ...key, requestId, attributes: {} }, {}, derived);
}

function parentAttributes(parent: ParentLink | undefined, root: RunRecord['root']): Partial<StartedAttributes> {
  if (parent === undefined) return {};
  return {
    parentWorkflowNamespace: parent.namespace,
    parentWorkflowNamespaceId: namespaceId(parent.namespace),
    parentWorkflowExecution: { workflowId: parent.workflowId, runId: parent.runId },
    rootWorkflowExecution: root,
    parentInitiatedEventId: toLong(parent.initiatedEventId),
  };
}

interface Derived {
  readonly executionDeadline: number;
  readonly firstRunId: string;
  readonly root: RunRecord['root'];
  readonly now: number;
}

function initialRecord(start: NewRun, attributes: StartedAttributes, derived: Derived): RunRecord {
  const { now, executionDeadline } = derived;
  const backoff = toMillis(attributes.firstWorkflowTaskBackoff) ?? 0;
  const runTimeout = durationMs(attributes.workflowRunTimeout);
  const runEnd = runTimeout > 0 ? now + backoff + runTimeout : 0;
  return {
    namespace: start.namespace,
    workflowId: start.workflowId,
    runId: start.runId,
    firstRunId: derived.firstRunId,
    previousRunId: start.chain?.previousRunId,
    nextRunId: undefined,
    parent: start.parent,
    root: derived.root,
    workflowType: attributes.workflowType?.name ?? '',
    taskQueue: attributes.taskQueue?.name ?? '',
    status: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
    startTime: now,
    executionTime: now + backoff,
    closeTime: undefined,
    pause: undefined,
    executionDeadline,
    runDeadline: executionDeadline > 0 && runEnd > 0 ? Math.min(runEnd, executionDeadline) : runEnd,
    executionTimeout: durationMs(attributes.workflowExecutionTimeout),
    runTimeout,
    taskTimeout: durationMs(attributes.workflowTaskTimeout),
    retryPolicy: attributes.retryPolicy ?? undefined,
    ...(attributes.cronSchedule ? { cronSchedule: attributes.cronSchedule } : {}),
    attempt: attributes.attempt ?? 1,
    userMetadata: start.extra?.userMetadata ?? undefined,
    ...(attributes.priority ? { priority: attributes.priority } : {}),
    ...(start.scheduledBy ? { scheduledBy: start.scheduledBy } : {}),
    stateTransitionCount: 0,
    resetPoints: attributes.prevAutoResetPoints?.points ?? [],
    startRequestId: start.requestId,
    requestIds: new Set(),
    nextEventId: 1,
    historySizeBytes: 0,
    memo: attributes.memo ?? undefined,
    searchAttributes: attributes.searchAttributes ?? undefined,
    cancelRequested: false,
    signalCount: 0,
    workflowTask: undefined,
    workflowTaskAttempt: 1,
    previousStartedEventId: 0,
    sticky: undefined,
    activities: new Map(),
    timers: new Map(),
    children: new Map(),
    externals: new Map(),
    updates: new Map(),
    buffered: [],
    effects: [],
  };
}

import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { AgentActivities, AgentRecord, RetrySettings, ToolRecord, Undoable } from '../protocol/index.ts';
import { summaryOf } from './summary.ts';

/** After how long without a heartbeat an attempt counts as lost. The activities behind the loop heartbeat by themselves. */
const HEARTBEAT_TIMEOUT = 10_000;
/** Of one attempt to begin an async tool's work, at most. */
const BEGIN_TIMEOUT = 60_000;
/** Of one attempt of an activity that does nothing but look something up. */
const LOOKUP_TIMEOUT = 60_000;

const lookupRetry: RetrySettings = {
  maximumAttempts: 5,
  initialInterval: 1000,
  backoffCoefficient: 2,
  maximumInterval: 30_000,
};

/** The activities that only look something up: definitions, whether a person has to decide, how a child ended. */
export function lookups(): AgentActivities {
  return proxyActivities<AgentActivities>({
    startToCloseTimeout: LOOKUP_TIMEOUT,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: lookupRetry,
  });
}

/** `agent.callModel`, for one step. */
export function modelActivity(definition: AgentRecord, step: number): AgentActivities['agent.callModel'] {
  return proxyActivities<AgentActivities>({
    activityId: `model.${step}`,
    summary: summaryOf(definition.model),
    startToCloseTimeout: definition.modelTimeout,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: definition.modelRetry,
  })['agent.callModel'];
}

/** `agent.executeTool`, for one call. The activity's id is the call's. */
export function toolActivity(tool: ToolRecord, toolCallId: string): AgentActivities['agent.executeTool'] {
  return proxyActivities<AgentActivities>({
    activityId: toolCallId,
    summary: summaryOf(tool.name),
    startToCloseTimeout: attemptTimeout(tool),
    heartbeatTimeout: tool.heartbeatTimeout,
    retry: tool.retry,
    // Whether it was done has to be known, or it could not be undone.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  })['agent.executeTool'];
}

/** `agent.compensateTool`, for one completed call. */
export function undoActivity(undo: Undoable, scheduleToCloseTimeout?: number): AgentActivities['agent.compensateTool'] {
  const options: ActivityOptions = {
    activityId: `undo.${undo.idempotencyKey}`,
    summary: summaryOf(`undo ${undo.toolName}`),
    startToCloseTimeout: undo.timeout,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: lookupRetry,
    ...(scheduleToCloseTimeout === undefined ? {} : { scheduleToCloseTimeout }),
  };
  return proxyActivities<AgentActivities>(options)['agent.compensateTool'];
}

/** Of one attempt of a tool, in milliseconds: with `completion: 'async'` only the beginning is an activity. */
export function attemptTimeout(tool: ToolRecord): number {
  return tool.completion === 'async' ? Math.min(tool.timeout, BEGIN_TIMEOUT) : tool.timeout;
}

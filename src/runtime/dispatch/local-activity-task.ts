import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import type { LocalOutcome, LocalRun, LocalSchedule } from '../../core/activations/local/types.ts';
import { type TimeoutType, toDuration, toTimestamp } from '../../core/proto.ts';
import { cancelTask, detailsOf, encodeTask } from './activity-tasks.ts';
import { localRetryPolicy } from './local-retry.ts';

const { ActivityCancelReason } = proto.coresdk.activity_task;

const TOKEN_PREFIX = 'local_activity_';

type Result = coresdk.activity_result.IActivityExecutionResult;

/** An activity as it was asked for, with its place. */
export interface LocalRequest {
  readonly run: LocalRun;
  readonly schedule: LocalSchedule;
  /** When it was asked for, in milliseconds since the epoch. */
  readonly scheduledAt: number;
}

/** Names an execution of a local activity to the language side. No server's token looks like it. */
export function localToken(count: number): Uint8Array {
  return Buffer.from(`${TOKEN_PREFIX}${count}`);
}

/** The key of a local activity's token; `undefined` for any other token. */
export function localKey(token: Uint8Array): string | undefined {
  const text = Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('latin1');
  return text.startsWith(TOKEN_PREFIX) ? text : undefined;
}

/** The task by which the language side starts a local activity. */
export function localStartTask(
  token: Uint8Array,
  { run, schedule, scheduledAt }: LocalRequest,
  attempt: { readonly number: number; readonly startedAt: number; readonly namespace: string },
): Buffer {
  const { command, scheduleToCloseMs, startToCloseMs } = schedule;
  return encodeTask({
    taskToken: token,
    start: {
      workflowNamespace: attempt.namespace,
      workflowType: run.workflowType,
      workflowExecution: { workflowId: run.workflowId, runId: run.runId },
      activityId: command.activityId ?? '',
      activityType: command.activityType ?? '',
      headerFields: command.headers ?? {},
      input: command.arguments ?? [],
      heartbeatDetails: [],
      scheduledTime: toTimestamp(scheduledAt),
      currentAttemptScheduledTime: toTimestamp(scheduledAt),
      startedTime: toTimestamp(attempt.startedAt),
      attempt: attempt.number,
      scheduleToCloseTimeout: toDuration(scheduleToCloseMs ?? 0),
      startToCloseTimeout: toDuration(startToCloseMs ?? scheduleToCloseMs ?? 0),
      retryPolicy: localRetryPolicy(command.retryPolicy),
      priority: {},
      isLocal: true,
    },
  });
}

/** The task by which the language side cancels a local activity: at the workflow's wish, or because it took too long. */
export function localCancelTask(token: Uint8Array, why: 'cancelled' | 'timed-out'): Buffer {
  const reason = why === 'cancelled' ? ActivityCancelReason.CANCELLED : ActivityCancelReason.TIMED_OUT;
  return cancelTask(token, reason, detailsOf(reason));
}

/** A time-out that struck here. */
export function timedOut(timeoutType: (typeof TimeoutType)[keyof typeof TimeoutType]): LocalOutcome {
  return { kind: 'timed-out', failure: { message: 'Activity timed out', timeoutFailureInfo: { timeoutType } } };
}

/** What the language side reports, as an outcome. */
export function localOutcomeOf(result: Result): LocalOutcome {
  if (result.completed) return { kind: 'completed', result: result.completed.result };
  if (result.cancelled) return { kind: 'cancelled', failure: result.cancelled.failure };
  if (result.failed) {
    const { failure } = result.failed;
    return { kind: failure?.timeoutFailureInfo ? 'timed-out' : 'failed', failure };
  }
  const message = 'Local activities cannot be completed asynchronously';
  return { kind: 'failed', failure: { message, applicationFailureInfo: { nonRetryable: true } } };
}

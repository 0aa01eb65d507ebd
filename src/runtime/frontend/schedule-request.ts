import { completeSchedule } from '../../core/schedule/complete.ts';
import { ScheduleProblem } from '../../core/schedule/problem.ts';
import type { CompleteSchedule, NewWorkflow, Schedule } from '../../core/schedule/state.ts';
import { invalidArgument, unimplemented } from '../errors.ts';
import { requireId, requireTaskQueue } from './context.ts';
import { refuseNegativeDurations } from './start-request.ts';

/** What is put behind the workflow id of each start, which must not become too long. */
const timeSuffix = '-2009-11-10T23:00:00Z';
const allowDuplicate = 1;

/** The schedule that a request asks for. @throws ServiceError INVALID_ARGUMENT, or UNIMPLEMENTED with the feature's name. */
export function checkedSchedule(schedule: Schedule): CompleteSchedule {
  if (schedule.spec?.timezoneData?.length) throw unimplemented('time zone data of schedules');
  const complete = complained(() => completeSchedule(schedule));
  if (complete.action.startWorkflow) refuseAction(complete.action.startWorkflow);
  return complete;
}

function complained<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof ScheduleProblem)) throw error;
    throw invalidArgument(`Invalid schedule spec: ${error.message}`);
  }
}

/** Refusals in the words of a Temporal server. */
function refuseAction(action: NewWorkflow): void {
  requireId('WorkflowId', `${action.workflowId ?? ''}${timeSuffix}`);
  requireId('WorkflowType', action.workflowType?.name);
  if (!action.taskQueue) throw invalidArgument('taskQueue is not set');
  requireTaskQueue(action.taskQueue);
  refuseNegativeDurations({
    workflowExecutionTimeout: action.workflowExecutionTimeout ?? null,
    workflowRunTimeout: action.workflowRunTimeout ?? null,
    workflowTaskTimeout: action.workflowTaskTimeout ?? null,
  });
  if (action.cronSchedule) throw invalidArgument('Scheduled workflow must not contain CronSchedule');
  if (action.workflowIdReusePolicy && action.workflowIdReusePolicy !== allowDuplicate) {
    throw invalidArgument('Scheduled workflow must not contain WorkflowIDReusePolicy');
  }
  if (action.versioningOverride) throw unimplemented('versioning overrides');
}

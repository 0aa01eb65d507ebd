import type { temporal } from '@temporalio/proto';
import type { Command } from '../proto.ts';
import type { EventAttributes } from '../run/draft.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

/** A command's summary and details, which go with the event. */
export function userMetadata(command: Command): EventAttributes {
  return command.userMetadata ? { userMetadata: command.userMetadata } : {};
}

/** The value of a field that a command cannot do without. @throws WorkflowTaskRefused with this cause when it is missing. */
export function required<Value>(
  value: Value | null | undefined,
  failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause,
  message: string,
): Value {
  if (value === undefined || value === null || value === '') throw new WorkflowTaskRefused(failedCause, message);
  return value;
}

import type { Command, ProtocolMessage } from '../proto.ts';
import { CommandType, WorkflowTaskFailedCause } from '../proto.ts';
import type { UpdateAnswer } from '../run/update.ts';
import { applyUpdateMessage, isRejection } from '../run/update.ts';
import { cancelActivityCommand, scheduleActivityCommand } from './activities.ts';
import { cancelExternalCommand, signalExternalCommand, startChildCommand } from './children.ts';
import { cancelRun, completeRun, continueAsNew, failRun } from './closing.ts';
import {
  cancelTimerCommand,
  modifyProperties,
  recordMarker,
  startTimerCommand,
  upsertSearchAttributes,
} from './details.ts';
import type { Decision, HandlerResult } from './decision.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

/** What the commands of one task led to, beside events. */
export interface DecisionOutcome {
  readonly updates: readonly UpdateAnswer[];
  /** Activities that the worker asked to run itself, by the id of their scheduled event. */
  readonly eagerActivities: readonly number[];
  /** An activity was cancelled before anybody took it: the workflow has to see that. */
  readonly needsNewTask: boolean;
}

type Handler = (decision: Decision, command: Command) => HandlerResult | undefined;

const handlers = new Map<number, Handler>([
  [CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, scheduleActivityCommand],
  [CommandType.COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK, cancelActivityCommand],
  [CommandType.COMMAND_TYPE_START_TIMER, startTimerCommand],
  [CommandType.COMMAND_TYPE_CANCEL_TIMER, cancelTimerCommand],
  [CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, completeRun],
  [CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION, failRun],
  [CommandType.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, cancelRun],
  [CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION, continueAsNew],
  [CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION, startChildCommand],
  [CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION, signalExternalCommand],
  [CommandType.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION, cancelExternalCommand],
  [CommandType.COMMAND_TYPE_RECORD_MARKER, recordMarker],
  [CommandType.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, upsertSearchAttributes],
  [CommandType.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES, modifyProperties],
]);

/**
 * Turns the commands and messages of a completed workflow task into events and effects, in their order.
 * @throws WorkflowTaskRefused when one breaks a rule; the draft is then of no use.
 */
export function applyCommands(
  decision: Decision,
  commands: readonly Command[],
  messages: readonly ProtocolMessage[],
): DecisionOutcome {
  const pending = new Map(messages.map((message) => [message.id ?? '', message]));
  const updates: UpdateAnswer[] = [];
  const eagerActivities: number[] = [];
  let needsNewTask = false;
  const takeMessage = (message: ProtocolMessage): void => {
    updates.push(applyUpdateMessage(decision.draft, message, decision.taskCompletedId, decision.updateRequests));
  };
  for (const command of commands) {
    // After the first closing command nothing counts.
    if (!decision.draft.isOpen) break;
    if (command.commandType === CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE) {
      takeMessage(takeById(pending, command.protocolMessageCommandAttributes?.messageId ?? ''));
      continue;
    }
    const result = handlerOf(command)(decision, command);
    if (result?.eagerActivity !== undefined) eagerActivities.push(result.eagerActivity);
    needsNewTask ||= result?.needsNewTask ?? false;
  }
  // Workers without the protocol command leave the order of messages to us. A closed run can still reject, which leaves nothing in history.
  for (const message of pending.values()) if (decision.draft.isOpen || isRejection(message)) takeMessage(message);
  return { updates, eagerActivities, needsNewTask };
}

function handlerOf(command: Command): Handler {
  const handler = handlers.get(command.commandType ?? 0);
  if (handler !== undefined) return handler;
  throw new WorkflowTaskRefused(
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FEATURE_DISABLED,
    `UNIMPLEMENTED: this engine does not support the command ${CommandType[command.commandType ?? 0] ?? command.commandType}`,
  );
}

function takeById(pending: Map<string, ProtocolMessage>, id: string): ProtocolMessage {
  const message = pending.get(id);
  if (message === undefined) {
    throw new WorkflowTaskRefused(
      WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE,
      `ProtocolMessageCommand referenced absent message ID ${id}`,
    );
  }
  pending.delete(id);
  return message;
}

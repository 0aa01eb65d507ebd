import proto from '@temporalio/proto';
import { CommandType, toDuration, toLong } from '../../../src/core/proto.ts';
import type { Command, ProtocolMessage } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';

const { Acceptance, Rejection, Response } = proto.temporal.api.update.v1;

export const commandKinds = [
  'timer',
  'cancel timer',
  'activity',
  'cancel activity',
  'child',
  'signal',
  'cancel external',
  'marker',
  'attributes',
  'memo',
  'accept',
  'complete update',
  'reject',
  'complete',
  'fail',
  'canceled',
  'continue',
] as const;

/** A command of this kind, if it makes sense now (and sometimes when it does not); `pick` chooses what it is about. */
export function randomCommand(
  record: RunRecord,
  newId: () => string,
  kind: (typeof commandKinds)[number],
  pick: number,
  messages: ProtocolMessage[],
): Command[] {
  const id = ['a', 'b', '__proto__', 'constructor'][(pick >> 1) % 4] ?? '';
  const say = (type: string, value: Uint8Array): Command[] => {
    const message = {
      id: `${id}/${type}`,
      protocolInstanceId: id,
      body: { type_url: `type.googleapis.com/temporal.api.update.v1.${type}`, value },
    };
    messages.push(message);
    return pick % 2
      ? []
      : [
          {
            commandType: CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE,
            protocolMessageCommandAttributes: { messageId: message.id },
          },
        ];
  };
  switch (kind) {
    case 'timer':
      if (pick % 16 < 12 && hasTimer(record, id)) return [];
      return [
        {
          commandType: CommandType.COMMAND_TYPE_START_TIMER,
          startTimerCommandAttributes: { timerId: id, startToFireTimeout: toDuration(pick * 100) },
        },
      ];
    case 'cancel timer':
      if (pick % 16 < 12 && !hasTimer(record, id)) return [];
      return [{ commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER, cancelTimerCommandAttributes: { timerId: id } }];
    case 'activity': {
      // A workflow may not use an id again before it knows that the other one has ended.
      const other = pick % 16 < 12 ? undefined : choose(record.activities.values(), pick);
      const isOpen = other?.state === 'started';
      const activityId = isOpen ? other.activityId : `${id}/${newId()}`;
      return [
        {
          commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
          scheduleActivityTaskCommandAttributes: {
            activityId,
            activityType: { name: 'act' },
            startToCloseTimeout: toDuration(1000 + pick),
            ...(pick % 3 ? { scheduleToCloseTimeout: toDuration(5000) } : {}),
            ...(pick % 4 ? { heartbeatTimeout: toDuration(500) } : {}),
            retryPolicy: { initialInterval: toDuration(100), maximumAttempts: pick % 4 },
          },
        },
      ];
    }
    case 'cancel activity': {
      const scheduledEventId = choose(record.activities.keys(), pick);
      if (scheduledEventId === undefined) return [];
      return [
        {
          commandType: CommandType.COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
          requestCancelActivityTaskCommandAttributes: { scheduledEventId: toLong(scheduledEventId) },
        },
      ];
    }
    case 'child':
      return [
        {
          commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
          startChildWorkflowExecutionCommandAttributes: {
            workflowId: id,
            workflowType: { name: 'child' },
            parentClosePolicy: pick % 4,
          },
        },
      ];
    case 'signal':
      return [
        {
          commandType: CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
          signalExternalWorkflowExecutionCommandAttributes: { execution: { workflowId: id }, signalName: id },
        },
      ];
    case 'cancel external':
      return [
        {
          commandType: CommandType.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
          requestCancelExternalWorkflowExecutionCommandAttributes: { workflowId: id },
        },
      ];
    case 'marker':
      return [
        { commandType: CommandType.COMMAND_TYPE_RECORD_MARKER, recordMarkerCommandAttributes: { markerName: id } },
      ];
    case 'attributes':
      return [
        {
          commandType: CommandType.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
          upsertWorkflowSearchAttributesCommandAttributes: { searchAttributes: { indexedFields: fields(id, pick) } },
        },
      ];
    case 'memo':
      return [
        {
          commandType: CommandType.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
          modifyWorkflowPropertiesCommandAttributes: { upsertedMemo: { fields: fields(id, pick) } },
        },
      ];
    case 'accept':
      if (pick % 16 < 12 && record.updates.has(id)) return [];
      return say('Acceptance', Acceptance.encode({}).finish());
    case 'reject':
      return say('Rejection', Rejection.encode({}).finish());
    case 'complete update':
      if (pick % 16 < 12 && record.updates.get(id)?.completedEventId !== 0) return [];
      return say('Response', Response.encode({ outcome: { success: {} } }).finish());
    case 'complete':
      if (pick % 8) return [];
      return [{ commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION }];
    case 'fail':
      if (pick % 8) return [];
      return [
        {
          commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
          failWorkflowExecutionCommandAttributes: { failure: { message: 'no' } },
        },
      ];
    case 'canceled':
      if (pick % 8) return [];
      return [{ commandType: CommandType.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION }];
    case 'continue':
    default:
      if (pick % 8) return [];
      return [{ commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION }];
  }
}

function hasTimer({ timers, buffered }: RunRecord, id: string): boolean {
  return timers.has(id) || buffered.some((event) => event.timerFiredEventAttributes?.timerId === id);
}

function fields(name: string, pick: number): Record<string, { data: Uint8Array }> {
  return Object.fromEntries([[name, { data: new TextEncoder().encode(['null', '[]', '', '"text"'][pick % 4]) }]]);
}

/** One of them. */
export function choose<T>(items: Iterable<T>, pick: number): T | undefined {
  const all = [...items];
  return all[pick % Math.max(all.length, 1)];
}

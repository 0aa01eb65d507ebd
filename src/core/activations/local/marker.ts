import type { google } from '@temporalio/proto';
import {
  type Command,
  CommandType,
  EventType,
  type HistoryEvent,
  type Payload,
  type Payloads,
  toDuration,
  toLong,
  toMillis,
  toNumber,
} from '../../proto.ts';
import { fatal } from '../errors.ts';
import { describeEvent, eventType } from '../events.ts';
import type { LocalOutcome, LocalSchedule, RecordedResolution } from './types.ts';

const MARKER_NAME = 'core_local_activity';
const DATA_KEY = 'data';
const RESULT_KEY = 'result';
const INPUT_KEY = 'input';

type Timestamp = google.protobuf.ITimestamp;

/** What a marker says of a local activity. */
export interface LocalMarker extends RecordedResolution {
  readonly seq: number;
  readonly activityId: string;
  readonly activityType: string;
}

/** Whether the event records the end of a local activity. */
export function isLocalActivityMarker(event: HistoryEvent): boolean {
  return (
    eventType(event) === EventType.EVENT_TYPE_MARKER_RECORDED &&
    event.markerRecordedEventAttributes?.markerName === MARKER_NAME
  );
}

/** Reads a marker; throws when it is not one that a core wrote. */
export function localMarkerOf(event: HistoryEvent): LocalMarker {
  const marker = event.markerRecordedEventAttributes;
  const data = parse(marker?.details?.[DATA_KEY]?.payloads?.[0]);
  if (data === undefined) throw fatal(`Local activity marker was unparsable: ${describeEvent(event)}`);
  const { failure } = marker ?? {};
  return {
    seq: Number(data['seq'] ?? 0),
    attempt: Number(data['attempt'] ?? 0),
    activityId: textOf(data['activity_id']),
    activityType: textOf(data['activity_type']),
    completeTime: timeOf(data['complete_time']),
    backoffMs: toMillis(timeOf(data['backoff'])),
    originalScheduleTime: timeOf(data['original_schedule_time']),
    outcome: failure
      ? outcomeOf(failure)
      : { kind: 'completed', result: marker?.details?.[RESULT_KEY]?.payloads?.at(-1) ?? {} },
  };
}

function outcomeOf(failure: NonNullable<HistoryEvent['markerRecordedEventAttributes']>['failure']): LocalOutcome {
  const cancelled = failure?.canceledFailureInfo ?? failure?.cause?.canceledFailureInfo;
  if (cancelled) return { kind: 'cancelled', failure };
  // Who replays must be told of a time-out as who was there was. (sdk-core tells them the bare failure.)
  return { kind: failure?.timeoutFailureInfo ? 'timed-out' : 'failed', failure };
}

/** The command that records how a local activity ended. */
export function localMarkerCommand(schedule: LocalSchedule, resolution: RecordedResolution): Command {
  const { command, annotations } = schedule;
  const { outcome } = resolution;
  const details: Record<string, Payloads> = { [DATA_KEY]: { payloads: [dataPayload(schedule, resolution)] } };
  if (outcome.kind === 'completed' && outcome.result) details[RESULT_KEY] = { payloads: [outcome.result] };
  if (command.includeArgumentsIntoMarker) details[INPUT_KEY] = { payloads: command.arguments ?? [] };
  return {
    ...annotations,
    commandType: CommandType.COMMAND_TYPE_RECORD_MARKER,
    recordMarkerCommandAttributes: {
      markerName: MARKER_NAME,
      details,
      failure: outcome.kind === 'completed' ? null : (outcome.failure ?? null),
    },
  };
}

/** Written as sdk-core writes it, so that either can replay the other's runs. */
function dataPayload({ seq, command }: LocalSchedule, resolution: RecordedResolution): Payload {
  const { attempt, completeTime, backoffMs, originalScheduleTime } = resolution;
  const data = {
    seq,
    attempt,
    activity_id: command.activityId ?? '',
    activity_type: command.activityType ?? '',
    complete_time: plainTime(completeTime),
    backoff: plainTime(backoffMs === undefined ? undefined : toDuration(backoffMs)),
    original_schedule_time: plainTime(originalScheduleTime),
  };
  const encoder = new TextEncoder();
  return { metadata: { encoding: encoder.encode('json/plain') }, data: encoder.encode(JSON.stringify(data)) };
}

function plainTime(time: Timestamp | undefined): { seconds: number; nanos: number } | null {
  return time ? { seconds: toNumber(time.seconds), nanos: time.nanos ?? 0 } : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function timeOf(value: unknown): Timestamp | undefined {
  if (typeof value !== 'object' || value === null || !('seconds' in value)) return undefined;
  const nanos = 'nanos' in value ? Number(value.nanos) : 0;
  return { seconds: toLong(Number(value.seconds)), nanos };
}

function parse(payload: Payload | undefined): Record<string, unknown> | undefined {
  if (!payload?.data) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload.data));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

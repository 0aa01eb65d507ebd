import proto from '@temporalio/proto';
import type { RunHistory } from './histories.ts';
import { eventTypeName } from '../../src/core/history/event-type.ts';

const { HistoryEvent } = proto.temporal.api.history.v1;

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** A run's history without what differs from run to run. */
export interface NormalHistory {
  readonly workflowId: string;
  readonly runId: string;
  readonly events: readonly JsonObject[];
}

/** What is particular to one run of a scenario. */
export interface Particulars {
  /** The unique part of its workflow ids and task queues; written as `<scenario>`. */
  readonly unique: string;
  readonly namespace: string;
  /** False: uuids are all written alike. For comparisons in which the order of events does not count. */
  readonly numberUuids: boolean;
}

/** Fields that hold an identity, an id of one call, a size, or a version of the worker's software. Their presence still counts. */
const mapped = new Set([
  'identity',
  'requestId',
  'historySizeBytes',
  'sdkVersion',
  'buildId',
  'binaryChecksum',
  'stackTrace',
  'source',
]);
/** `taskId` numbers the writes of a server's shard: it says nothing about the run. Times of events are the structural validator's matter. */
const dropped = new Set(['taskId', 'eventTime']);
/** Times in the markers of local activities, whose data is JSON. */
const markerTimes = new Set(['complete_time', 'original_schedule_time']);
const duration = /(Timeout|Interval|Backoff|Delay)$/;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Histories as comparable JSON. Mapped are ids (run, workflow, request), task queue names, times, identities, sizes, stack traces and
 * versions of software. Equal ids stay equal over all histories of a scenario. Everything else stays, event ids and references included.
 */
export function normaliseHistories(histories: readonly RunHistory[], particulars: Particulars): NormalHistory[] {
  const text = textMapper(particulars);
  return histories.map(({ workflowId, runId, history }) => ({
    workflowId: text(workflowId),
    runId: text(runId),
    events: (history.events ?? []).map((event) => {
      // By way of the wire, so that a field that was set to its default and one that was not are the same, as they are for any reader.
      const wire = HistoryEvent.decode(HistoryEvent.encode(event).finish());
      const {
        eventId,
        eventType: _,
        ...rest
      } = HistoryEvent.toObject(wire, { enums: String, longs: Number }) as Record<string, unknown>;
      const fields = normaliseObject(rest, text);
      return { eventId: Number(eventId), eventType: eventTypeName(event), ...fields };
    }),
  }));
}

/** As it would be without a sticky task queue: what a worker that caches nothing leaves behind. */
export function withoutStickiness(histories: readonly NormalHistory[]): NormalHistory[] {
  const plain = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (isArray(value)) return value.map(plain);
    if (value['kind'] === 'TASK_QUEUE_KIND_STICKY')
      return { name: value['normalName'] ?? '', kind: 'TASK_QUEUE_KIND_NORMAL' };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  };
  return histories.map((history) => ({
    ...history,
    events: history.events.map((event) => plain(event) as JsonObject),
  }));
}

type Text = (value: string) => string;

function textMapper({ unique, namespace, numberUuids }: Particulars): Text {
  const known = new Map<string, string>();
  const named = (id: string): string => {
    if (!numberUuids) return '<uuid>';
    const name = known.get(id) ?? `<uuid ${known.size + 1}>`;
    known.set(id, name);
    return name;
  };
  return (value) => {
    const plain = value.replaceAll(unique, '<scenario>').replaceAll(uuid, named);
    return plain === namespace ? '<namespace>' : plain;
  };
}

function normaliseObject(object: Record<string, unknown>, text: Text): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) {
    if (dropped.has(key) || isDefault(value)) continue;
    result[key] = mapped.has(key) ? `<${key}>` : normaliseValue(key, value, text);
  }
  return result;
}

function normaliseValue(key: string, value: unknown, text: Text): Json {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return `base64:${Buffer.from(value).toString('base64')}`;
  // The flags are a set: the worker hands them over in any order.
  if (key.endsWith('UsedFlags')) return (value as number[]).toSorted((a, b) => a - b);
  if (Array.isArray(value)) return value.map((item) => normaliseValue(key, item, text));
  if (typeof value !== 'object' || value === null) return null;
  if (isPayload(value)) return normalisePayload(value, text);
  if ('seconds' in value || 'nanos' in value || duration.test(key)) return normaliseTime(key, value);
  if (key === 'taskQueue') return normaliseTaskQueue(value as Record<string, unknown>, text);
  return normaliseObject(value as Record<string, unknown>, text);
}

function normaliseTaskQueue(queue: Record<string, unknown>, text: Text): Json {
  // The name of a sticky queue is the worker's choice, and may hold a uuid that must not be counted.
  const isSticky = queue['kind'] === 'TASK_QUEUE_KIND_STICKY' || queue['kind'] === 2;
  return normaliseObject(isSticky ? { ...queue, name: '<sticky>' } : queue, text);
}

function normaliseTime(key: string, value: { seconds?: unknown; nanos?: unknown }): string {
  const seconds = Number(value.seconds ?? 0) + Number(value.nanos ?? 0) / 1e9;
  // The first task of a retried run waits for what is left of the interval: a time, not a setting.
  const measured = key === 'firstWorkflowTaskBackoff' && seconds > 0;
  return key.endsWith('Time') || measured ? '<time>' : `${seconds}s`;
}

interface PayloadObject {
  readonly metadata: Record<string, Uint8Array>;
  readonly data?: Uint8Array;
}

function isPayload(value: object): value is PayloadObject {
  return (
    'metadata' in value && typeof value.metadata === 'object' && value.metadata !== null && 'encoding' in value.metadata
  );
}

function normalisePayload({ metadata, data }: PayloadObject, text: Text): Json {
  const { encoding, ...others } = Object.fromEntries(
    Object.entries(metadata).map(([key, bytes]) => [key, Buffer.from(bytes).toString('utf8')]),
  );
  const body = Buffer.from(data ?? []);
  const content: Json =
    encoding === 'json/plain'
      ? (JSON.parse(body.toString('utf8'), (key, value: unknown) =>
          typeof value === 'string' ? text(value) : markerTimes.has(key) && value !== null ? '<time>' : value,
        ) as Json)
      : `base64:${body.toString('base64')}`;
  return { [`payload ${encoding ?? ''}`]: content, ...others };
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  return typeof value === 'string' && value.endsWith('_UNSPECIFIED');
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

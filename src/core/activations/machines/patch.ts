import proto from '@temporalio/proto';
import type { HistoryEvent, Payload } from '../../proto.ts';
import { CommandType, EventType, type Command } from '../../proto.ts';
import { nondeterminism } from '../errors.ts';
import { eventType } from '../events.ts';
import { type Annotations, Machine, type MachineEvent } from './machine.ts';

const MARKER_NAME = 'core_patch';
const DETAILS_KEY = 'patch-data';
/** The server refuses larger values of search attributes by default. */
const MAX_SEARCH_ATTRIBUTE_BYTES = 2048;

/** The search attribute that names the patches of a run. */
export const VERSION_SEARCH_ATTRIBUTE = 'TemporalChangeVersion';

/** What a patch's marker says. */
export interface PatchMarker {
  readonly id: string;
  readonly deprecated: boolean;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function jsonPayload(value: unknown): Payload & { data: Uint8Array } {
  return { metadata: { encoding: encode('json/plain') }, data: encode(JSON.stringify(value)) };
}

/** Reads a patch's marker; `undefined` for any other event. */
export function patchMarkerOf(event: HistoryEvent): PatchMarker | undefined {
  if (eventType(event) !== EventType.EVENT_TYPE_MARKER_RECORDED) return undefined;
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== MARKER_NAME) return undefined;
  const data = marker.details?.[DETAILS_KEY]?.payloads?.[0]?.data;
  if (data) return parseMarker(new TextDecoder().decode(data));
  // The oldest cores wrote two plain values.
  const id = marker.details?.['patch_id']?.payloads?.[0]?.data;
  const deprecated = marker.details?.['deprecated']?.payloads?.[0]?.data;
  if (!id || !deprecated) return undefined;
  return { id: new TextDecoder().decode(id), deprecated: deprecated[0] !== 0 };
}

function parseMarker(json: string): PatchMarker | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
    const deprecated = 'deprecated' in value && value.deprecated === true;
    return { id: String(value.id), deprecated };
  } catch {
    return undefined;
  }
}

/** The command that records a patch's marker. */
export function patchCommand(marker: PatchMarker, annotations: Annotations): Command {
  const details = { [DETAILS_KEY]: { payloads: [jsonPayload(marker)] } };
  return {
    ...annotations,
    commandType: CommandType.COMMAND_TYPE_RECORD_MARKER,
    recordMarkerCommandAttributes: { markerName: MARKER_NAME, details },
  };
}

/** The command that lists all patches of the run in its search attributes; `undefined` when that list is too long for the server. */
export function patchUpsertCommand(patchIds: Iterable<string>, annotations: Annotations): Command | undefined {
  const payload = jsonPayload([...new Set(patchIds)].toSorted());
  if (payload.data.length >= MAX_SEARCH_ATTRIBUTE_BYTES) return undefined;
  const value = { ...payload, metadata: { ...payload.metadata, type: encode('KeywordList') } };
  return {
    ...annotations,
    commandType: CommandType.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    upsertWorkflowSearchAttributesCommandAttributes: {
      searchAttributes: proto.temporal.api.common.v1.SearchAttributes.create({
        indexedFields: { [VERSION_SEARCH_ATTRIBUTE]: value },
      }),
    },
  };
}

/** A call of `patched` or `deprecatePatch`. The language side learned the answer ahead; only the marker is compared. */
export class PatchMachine extends Machine {
  readonly patchId: string;

  constructor(patchId: string) {
    super(
      'PatchMachine',
      'Change machine',
      {
        MarkerCommandCreated: { CommandRecordMarker: 'Notified' },
        Notified: { MarkerRecorded: 'MarkerCommandRecorded' },
      },
      'MarkerCommandCreated',
    );
    this.patchId = patchId;
  }

  protected override onEvent(_: string, __: string, { event }: MachineEvent): void {
    const marker = patchMarkerOf(event);
    if (marker?.id !== this.patchId) {
      throw nondeterminism(`Change id ${marker?.id} does not match expected id ${this.patchId}`);
    }
  }
}

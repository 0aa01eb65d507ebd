import proto from '@temporalio/proto';
import type { HistoryEvent } from '../../core/proto.ts';
import { decodeRecord, encodeRecord } from '../../core/record-codec.ts';
import { type Commit, type CurrentWrite, StoreError } from '../../core/store.ts';

const { History } = proto.temporal.api.history.v1;

interface WrittenCommit {
  readonly runs: readonly WrittenRun[];
  readonly current: readonly (Omit<CurrentWrite, 'expectedRunId'> & { readonly expectedRunId?: string })[];
}

interface WrittenRun {
  readonly expectedRevision: number;
  /** See `encodeRecord`. */
  readonly record: string;
  /** A `History` of protobuf, as base64. */
  readonly events: string;
}

/**
 * A commit as one line of text, for stores that keep commits or send them somewhere.
 * @throws TypeError when there is something in it that cannot be stored.
 */
export function encodeCommit({ runs, current }: Commit): string {
  const written: WrittenCommit = {
    runs: runs.map(({ expectedRevision, record, events }) => ({
      expectedRevision,
      record: encodeRecord(record),
      events: encodeEvents(events),
    })),
    current: current.map(({ expectedRunId, ...pointer }) => ({
      ...pointer,
      ...(expectedRunId === undefined ? {} : { expectedRunId }),
    })),
  };
  return JSON.stringify(written);
}

/**
 * The commit that `encodeCommit` made the text from.
 * @throws StoreError when it is no such text, or a newer version has written it.
 */
export function decodeCommit(text: string): Commit {
  try {
    const { runs, current } = JSON.parse(text) as WrittenCommit;
    return {
      runs: runs.map(({ expectedRevision, record, events }) => ({
        expectedRevision,
        record: decodeRecord(record),
        events: decodeEvents(events),
      })),
      current: current.map((pointer) => ({ ...pointer, expectedRunId: pointer.expectedRunId })),
    };
  } catch (cause) {
    if (cause instanceof RangeError && cause.message.includes('format'))
      throw new StoreError('newer-version', `${cause.message} Use that version, or a newer one.`, { cause });
    throw new StoreError('corrupt', 'This text is no commit. Restore the data from a backup.', { cause });
  }
}

function encodeEvents(events: readonly HistoryEvent[]): string {
  return events.length === 0 ? '' : Buffer.from(History.encode({ events: [...events] }).finish()).toString('base64');
}

function decodeEvents(text: string): readonly HistoryEvent[] {
  return text === '' ? [] : History.decode(Buffer.from(text, 'base64')).events;
}

import proto from '@temporalio/proto';
import { toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import { decodeRecord, encodeRecord } from '../../core/record-codec.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { StoreError } from '../../core/store.ts';
import type { RunWrite } from '../../core/store.ts';
import type { Keys } from './keys.ts';
import { attachPayloads, detachPayloads, mayRefer, namesIn, rememberName } from './payload-references.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';

const { History } = proto.temporal.api.history.v1;

/** Looks at a run whose payloads are not there; it changes all the time, or they are lost. */
const LOOKS = 20;

/** A run's part of a commit, as Redis keeps it. */
export interface EncodedRun {
  readonly record: string;
  /** `<id of the first>:<protobuf>`; empty without events. */
  readonly events: Buffer | '';
  /** Names of the data that the record refers to. */
  readonly recordRefers: ReadonlySet<string>;
  /** Names of the data that the events refer to. */
  readonly eventsRefer: ReadonlySet<string>;
  /** The data behind the names. */
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/** What makes it possible to decode. */
export interface RunCodecOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** Payloads with more bytes are kept beside what they are in, each once in a run. */
  readonly threshold: number;
}

/** Records and events as Redis keeps them: with large payloads beside them, so that a record which is written at each commit stays small. */
export class RunCodec {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #threshold: number;
  /** Data that a run in Redis has, by the run's key: what was read there, or written. */
  readonly #stored = new WeakMap<Uint8Array, string>();

  constructor({ client, keys, threshold }: RunCodecOptions) {
    this.#client = client;
    this.#keys = keys;
    this.#threshold = threshold;
  }

  /** What is written for a run. */
  encode({ record, events }: RunWrite): EncodedRun {
    const data = new Map<string, Uint8Array>();
    const recordRefers = new Set<string>();
    const eventsRefer = new Set<string>();
    const detachTo =
      (names: Set<string>) =>
      (detached: { readonly name: string; readonly data: Uint8Array }): void => {
        names.add(detached.name);
        data.set(detached.name, detached.data);
      };
    return {
      record: encodeRecord(detachPayloads(record, this.#threshold, detachTo(recordRefers))),
      events: this.#encodeEvents(events, detachTo(eventsRefer)),
      recordRefers,
      eventsRefer,
      data,
    };
  }

  /** Data of a run that Redis may not have yet. */
  unsent(key: RunKey, { data }: EncodedRun): ReadonlyMap<string, Uint8Array> {
    if (data.size === 0) return data;
    const run = this.#keys.payloads(key);
    return new Map([...data].filter(([, bytes]) => this.#stored.get(bytes) !== run));
  }

  /** Redis has the data of a run. */
  sent(key: RunKey, { data }: EncodedRun): void {
    for (const bytes of data.values()) this.#stored.set(bytes, this.#keys.payloads(key));
  }

  /**
   * A record. @returns `undefined` when what it refers to is gone: it was changed meanwhile, or the run deleted.
   * @throws StoreError when it was written by a newer version, or is no record.
   */
  async record(key: RunKey, text: string): Promise<RunRecord | undefined> {
    const record = bareRecord(key, text);
    if (!mayRefer(text)) return record;
    const names = namesIn(record);
    const data = await this.#read(key, names);
    return data.size === names.size ? attachPayloads(record, data) : undefined;
  }

  /**
   * A record, with what `look` finds beside it. Looks again when it is changed while its payloads are read.
   * @returns `undefined` when `look` finds none.
   * @throws StoreError when its payloads are lost.
   */
  async whole<Found extends { readonly text: string }>(
    key: RunKey,
    look: () => Promise<Found | undefined>,
  ): Promise<(Found & { readonly record: RunRecord }) | undefined> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const found = await look();
      if (found === undefined) return undefined;
      const record = await this.record(key, found.text);
      if (record !== undefined) return { ...found, record };
    }
    throw new StoreError('corrupt', `Payloads of the run ${key.runId} of ${key.workflowId} are missing in Redis.`);
  }

  /** The events of commits, in order. @throws StoreError when data that they refer to is missing, though the run is there. */
  async events(key: RunKey, commits: readonly Buffer[]): Promise<readonly HistoryEvent[]> {
    const events = commits.flatMap(decodeEvents);
    if (!commits.some(mayRefer)) return events;
    const names = namesIn(events);
    const data = await this.#read(key, names);
    if (data.size === names.size) return attachPayloads(events, data);
    if ((await orStoreError(this.#client.exists(this.#keys.run(key)))) === 0) return [];
    throw new StoreError('corrupt', `Payloads of the run ${key.runId} of ${key.workflowId} are missing in Redis.`);
  }

  #encodeEvents(
    events: readonly HistoryEvent[],
    keep: (detached: { readonly name: string; readonly data: Uint8Array }) => void,
  ): Buffer | '' {
    if (events[0] === undefined) return '';
    let bytes = History.encode({ events: [...events] }).finish();
    // Encoding is cheaper than looking through all events.
    if (bytes.length > this.#threshold || mayRefer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))) {
      bytes = History.encode({ events: [...detachPayloads(events, this.#threshold, keep)] }).finish();
    }
    return Buffer.concat([Buffer.from(`${toNumber(events[0].eventId)}:`), bytes]);
  }

  async #read(key: RunKey, names: ReadonlySet<string>): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    if (names.size === 0) return found;
    const run = this.#keys.payloads(key);
    const all = [...names];
    const values = await orStoreError(this.#client.hmgetBuffer(run, ...all));
    for (const [index, value] of values.entries()) {
      const name = all[index] ?? '';
      if (value === null) continue;
      const data = new Uint8Array(value.buffer, value.byteOffset, value.length);
      rememberName({ name, data });
      this.#stored.set(data, run);
      found.set(name, data);
    }
    return found;
  }
}

/** A record without the payloads that are kept beside it. @throws StoreError when it was written by a newer version, or is no record. */
export function bareRecord({ workflowId, runId }: RunKey, text: string): RunRecord {
  try {
    return decodeRecord(text);
  } catch (cause) {
    const [code, advice] =
      cause instanceof RangeError
        ? (['newer-version', 'Processes of that version take care of it; update this one.'] as const)
        : (['corrupt', 'Restore Redis from a backup, or delete the run.'] as const);
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(code, `The run ${runId} of ${workflowId} cannot be read: ${problem} ${advice}`, { cause });
  }
}

/** The events of a commit as they are in Redis, with what they refer to left as it is. */
export function decodeEvents(commit: Buffer): HistoryEvent[] {
  return History.decode(commit.subarray(commit.indexOf(':') + 1)).events;
}

import { toNumber } from '../../src/core/proto.ts';
import type { HistoryEvent } from '../../src/core/proto.ts';
import type { RunRecord } from '../../src/core/record.ts';
import type { ScheduleState } from '../../src/core/schedule/state.ts';
import type { Commit, RunWrite, Store } from '../../src/core/store.ts';
import { encode } from './flow.ts';
import type { Random } from './random.ts';

/** Breaks a store, or the core as far as the store sees it, in one way. */
export type Tampering = (store: Store, random: Random) => Store;

/** What a simulation has to notice. */
export const tamperings: Readonly<Record<string, Tampering>> = {
  'a commit does not look at the revision': changing(async (commit, store) => ({
    ...commit,
    runs: await Promise.all(
      commit.runs.map(async (write) => ({ ...write, expectedRevision: await revision(store, write) })),
    ),
  })),
  'a commit does not look at the current run': changing(async (commit, store) => ({
    ...commit,
    current: await Promise.all(
      commit.current.map(async (write) => ({
        ...write,
        expectedRunId: await store.currentRunId(write.namespace, write.workflowId),
      })),
    ),
  })),
  'an effect is not confirmed': records((record, before) => ({
    ...record,
    effects: [...new Map([...(before?.effects ?? []), ...record.effects].map((each) => [each.id, each])).values()],
  })),
  'an effect is lost': records((record, before, random) =>
    record.effects.length > (before?.effects.length ?? 0) && random.chance(0.1) ? { ...record, effects: [] } : record,
  ),
  'request ids are forgotten': records((record) => ({ ...record, requestIds: new Set() })),
  'the inbox is lost': records((record, _before, random) =>
    record.buffered.length > 0 && random.chance(0.1) ? { ...record, buffered: [] } : record,
  ),
  'a retry of an activity counts as the first attempt': records((record) => ({
    ...record,
    activities: new Map([...record.activities].map(([id, each]) => [id, { ...each, attempt: 1 }])),
  })),
  'a timer fires early': records((record) => ({
    ...record,
    timers: new Map([...record.timers].map(([id, each]) => [id, { ...each, fireAt: each.fireAt - 10 }])),
  })),
  'a timer is lost': records((record, before, random) =>
    record.timers.size > (before?.timers.size ?? 0) && random.chance(0.1) ? { ...record, timers: new Map() } : record,
  ),
  'a cron workflow forgets that it is one': records(({ cronSchedule, ...record }) =>
    record.previousRunId === undefined && cronSchedule !== undefined ? { ...record, cronSchedule } : record,
  ),
  'a retry of a workflow counts as the first attempt': records((record) => ({ ...record, attempt: 1 })),
  'the result of a local activity is another one': events((event) => {
    const { markerName, details } = event.markerRecordedEventAttributes ?? {};
    if (markerName !== 'core_local_activity' || !details?.['result']) return event;
    const result = { payloads: [encode('another')] };
    return { ...event, markerRecordedEventAttributes: { markerName, details: { ...details, result } } };
  }),
  'a signal of another workflow does not arrive': events((event, record) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (!signal?.externalWorkflowExecution || record.resetFrom !== undefined) return event;
    return { ...event, workflowExecutionSignaledEventAttributes: { ...signal, signalName: 'another' } };
  }),
  'a reset forgets a signal': events((event, { resetFrom }) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (!signal || toNumber(event.eventId) <= (resetFrom?.lastEventId ?? Infinity)) return event;
    return { ...event, workflowExecutionSignaledEventAttributes: { ...signal, signalName: 'another' } };
  }),
  'a schedule passes over a time': schedules((schedule, random) => ({
    lastProcessed: schedule.lastProcessed + (random.chance(0.2) ? 5000 : 0),
  })),
  'a schedule does not know what runs': schedules(() => ({ running: [] })),
  'a schedule goes on while it is paused': schedules(({ schedule }) => ({
    schedule: { ...schedule, state: { ...schedule.state, paused: false } },
  })),
  'a commit is acknowledged and not written': (store, random) => {
    const commit = store.commit.bind(store);
    store.commit = async (changes) => (random.chance(0.01) ? 'committed' : commit(changes));
    return store;
  },
};

function changing(change: (commit: Commit, store: Store, random: Random) => Promise<Commit>): Tampering {
  return (store, random) => {
    const commit = store.commit.bind(store);
    store.commit = async (changes) => commit(await change(changes, store, random));
    return store;
  };
}

function records(change: (record: RunRecord, before: RunRecord | undefined, random: Random) => RunRecord): Tampering {
  return changing(async (commit, store, random) => ({
    ...commit,
    runs: await Promise.all(
      commit.runs.map(async (write) => {
        const before = await store.load(write.record);
        return { ...write, record: change(write.record, before?.record, random) };
      }),
    ),
  }));
}

function schedules(change: (schedule: ScheduleState, random: Random) => Partial<ScheduleState>): Tampering {
  return records((record, _before, random) =>
    record.schedule === undefined
      ? record
      : { ...record, schedule: { ...record.schedule, ...change(record.schedule, random) } },
  );
}

function events(change: (event: HistoryEvent, record: RunRecord) => HistoryEvent): Tampering {
  return changing(async (commit) => ({
    ...commit,
    runs: commit.runs.map((write) => ({
      ...write,
      events: write.events.map((event) => change(event, write.record)),
    })),
  }));
}

async function revision(store: Store, { record, expectedRevision }: RunWrite): Promise<number> {
  return (await store.load(record))?.revision ?? expectedRevision;
}

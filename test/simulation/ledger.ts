/** What callers were told: the model that the outcome is compared with. */
export interface Ledger {
  /** Run ids that starts were answered with. */
  readonly started: Set<string>;
  /** Signals in the order in which each caller was told that they are in. */
  readonly signals: { readonly name: string; readonly workflowId: string; readonly runId: string }[];
  /** Runs that callers were told are terminated. */
  readonly terminated: Set<string>;
  /** When cancellations of certain runs were acknowledged. */
  readonly cancelled: Map<string, number>;
  /** Updates that were answered: what they were answered with. */
  readonly updates: Map<string, { readonly runId: string; readonly rejected: boolean }>;
  /** Workflow ids that somebody has sent updates to. */
  readonly updated: Set<string>;
  /** How often each attempt of an activity was handed out, and which ones were reported with success. */
  readonly handed: Map<string, number>;
  readonly reported: Set<string>;
  /** Attempts of local activities that some worker has begun. */
  readonly locals: Set<string>;
  /** Resets that were answered. */
  readonly resets: Reset[];
  /** Schedules that were made. */
  readonly schedules: ScheduleModel[];
  readonly problems: string[];
}

/** A reset as its caller knows it. */
interface Reset {
  /** The run that was reset, and the one that goes on instead. */
  readonly baseRunId: string;
  readonly runId: string;
  /** The first event that the two do not have in common. */
  readonly eventId: number;
  readonly keepsSignals: boolean;
}

/** A schedule as its maker knows it. Times in milliseconds. */
export interface ScheduleModel {
  readonly scheduleId: string;
  /** From one time to the next; its times are multiples of it. */
  readonly interval: number;
  /** The last time that it may act at. */
  readonly until: number;
  readonly overlapPolicy: number;
  /** From when it is known to be paused until somebody asks for its end. */
  readonly pauses: { from: number; to: number }[];
  readonly triggers: number[];
  readonly backfills: { readonly from: number; readonly to: number }[];
}

/** A ledger with nothing in it. */
export function emptyLedger(): Ledger {
  return {
    started: new Set(),
    signals: [],
    terminated: new Set(),
    cancelled: new Map(),
    updates: new Map(),
    updated: new Set(),
    handed: new Map(),
    reported: new Set(),
    locals: new Set(),
    resets: [],
    schedules: [],
    problems: [],
  };
}

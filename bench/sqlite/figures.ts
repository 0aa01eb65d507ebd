/** What runs on SQLite cost: measured once, in processes of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf } from '../fork.ts';
import type { TurnCost } from '../core/figures.ts';
import { copyRuns } from './copy-runs.ts';

/** Runs of five activities, so many at once. */
export interface GroupFigures {
  readonly inFlight: number;
  readonly runsPerSecond: number;
  readonly cpuMs: number;
  /** How often the disk was waited for, for a run. */
  readonly syncsPerRun: number;
  /** What the event loop spent in `COMMIT`, for a run, and at most at once, in milliseconds. */
  readonly commitMs: number;
  readonly longestCommitMs: number;
}

/** How a process opens a file with runs that wait. */
export interface OpenFigures {
  readonly ms: number;
  readonly cpuMs: number;
  /** What it needs in the end, garbage not counted, in bytes. */
  readonly heapBytes: number;
  /** Growth of the process, what SQLite keeps of the file included, in bytes. */
  readonly residentBytes: number;
  /** Whether one of the runs could be told something. */
  readonly isAlive: boolean;
}

/** What the process of the worker says. */
export interface WorkFigures {
  /** `fdatasync`s of this disk per second, of 4 kB written over others. */
  readonly syncsPerSecond: number;
  readonly groups: readonly GroupFigures[];
  /** The same on a disk that takes so many milliseconds longer, as many do. */
  readonly slower: { readonly ms: number; readonly groups: readonly GroupFigures[] };
  readonly turns: readonly TurnCost[];
}

/** What was measured. */
export interface SqliteFigures extends WorkFigures {
  /** Of the file, for a run that waits for a signal. */
  readonly parkedBytes: number;
  readonly open: OpenFigures;
}

/** Workflow tasks of a run of five activities. */
const TURNS = 6;
const PARKED = 100_000;

/** Measures all of it. */
export async function sqliteFigures(codePath: string): Promise<SqliteFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-bench-'));
  const parked = join(folder, 'parked.db');
  try {
    const work = (await answerOf('sqlite/work-process.ts', [codePath, join(folder, 'work.db')])) as WorkFigures;
    await answerOf('sqlite/park-process.ts', [codePath, parked]);
    const parkedBytes = copyRuns(parked, PARKED) / PARKED;
    const open = (await answerOf('sqlite/open-process.ts', [parked])) as OpenFigures;
    return { ...work, parkedBytes, open };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The figures for people. */
export function formatSqliteFigures({
  syncsPerSecond,
  groups,
  slower,
  turns,
  parkedBytes,
  open,
}: SqliteFigures): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const rateOfSlower = 1000 / (1000 / syncsPerSecond + slower.ms);
  return [
    '',
    'sqlite-figures: ours, on SQLite (synchronous FULL)',
    ...formatGroups('the disk', syncsPerSecond, groups),
    ...formatGroups(`a disk that takes ${slower.ms} ms more`, rateOfSlower, slower.groups),
    '  CPU time of a turn, aim flat:',
    ...turns.map(({ events, cpuMs }) => `    up to event ${events}: ${cpuMs.toFixed(2)} ms`),
    `  file for a parked run: ${(parkedBytes / 1000).toFixed(2)} kB, aim below 10 kB`,
    `  opening ${PARKED} parked runs: ${(open.ms / 1000).toFixed(1)} s, ${(open.cpuMs / 1000).toFixed(1)} s of CPU time; ` +
      `heap +${megabytes(open.heapBytes)} MB, process +${megabytes(open.residentBytes)} MB; alive: ${open.isAlive ? 'yes' : 'NO'}`,
  ].join('\n');
}

function formatGroups(disk: string, syncsPerSecond: number, groups: readonly GroupFigures[]): string[] {
  const ofDisk = syncsPerSecond / TURNS;
  return [
    `  ${disk}: ${syncsPerSecond.toFixed(0)} fdatasyncs/s, so ${ofDisk.toFixed(0)} runs/s if each of their ${TURNS} turns waited alone; aim half of that`,
    ...groups.map(
      ({ inFlight, runsPerSecond, cpuMs, syncsPerRun, commitMs, longestCommitMs }) =>
        `  ${String(inFlight).padStart(5)} in flight: ${runsPerSecond.toFixed(1)} runs/s (${(runsPerSecond / ofDisk).toFixed(2)} of that), ` +
        `${cpuMs.toFixed(1)} ms of CPU time, ${syncsPerRun.toFixed(2)} fdatasyncs a run; ` +
        `COMMIT keeps the event loop ${commitMs.toFixed(2)} ms a run, ${longestCommitMs.toFixed(0)} ms at most`,
    ),
  ];
}

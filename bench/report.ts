import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { ConversationFigures, ConversationRequest } from './agents/conversation.ts';
import type { Figures } from './measure.ts';
import { type System, systems } from './systems.ts';
import { type Workload, workloads } from './workloads.ts';

/** One result. */
export interface Row extends Figures {
  readonly workload: Workload;
  readonly system: System;
}

/** A long conversation on a system. */
export interface ConversationRow extends ConversationFigures {
  readonly workload: 'conversation';
  readonly system: System;
}

/** What the figures depend on. */
export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Of the last minute, before and after; above the number of cores, others were at work and absolute figures mean little. */
  readonly load: { readonly before: number; after: number };
}

/** Looks at this machine. */
export function readMachine(): Machine {
  const load = currentLoad();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: { before: load, after: load },
  };
}

/** Load of the last minute. */
export function currentLoad(): number {
  return Number((loadavg()[0] ?? 0).toFixed(1));
}

/** What is compared: the first with the second, and the least factor in runs/s that we want. */
const comparisons: readonly { readonly of: System; readonly with: System; readonly aim?: number }[] = [
  { of: 'memory', with: 'temporal', aim: 10 },
  { of: 'sqlite', with: 'temporal' },
  { of: 'sqlite', with: 'memory' },
  { of: 'sqlite', with: 'dbos', aim: 1 },
  { of: 'sqlite', with: 'restate', aim: 1 },
  { of: 'redis', with: 'temporal', aim: 10 },
  { of: 'redis', with: 'bullmq-chain', aim: 1 },
  { of: 'redis', with: 'bullmq-steps' },
  { of: 'redis', with: 'flowcraft' },
  { of: 'redis', with: 'restate', aim: 1.5 },
  { of: 'redis', with: 'dbos', aim: 1.5 },
  { of: 'redis-2', with: 'redis' },
  { of: 'memory', with: 'ai-sdk' },
  { of: 'sqlite', with: 'ai-sdk' },
  { of: 'ours-temporal', with: 'ai-sdk' },
  { of: 'memory', with: 'memory-official-host' },
  { of: 'host', with: 'official-host', aim: 3 },
];

/** The rows for people. */
export function formatTable(rows: readonly Row[]): string {
  const lines: string[] = [];
  for (const [workload, meaning] of Object.entries(workloads)) {
    const own = rows.filter((row) => row.workload === workload);
    if (own.length === 0) continue;
    lines.push('', `${workload}: ${meaning}`, line('', 'runs/s', 'p50 ms', 'p95 ms', 'CPU ms'));
    for (const { system, runsPerSecond, p50Ms, p95Ms, cpuMs } of own) {
      lines.push(line(systems[system], format(runsPerSecond), format(p50Ms), format(p95Ms), format(cpuMs)));
    }
    lines.push(...comparisons.flatMap((comparison) => compare(own, comparison)));
  }
  return lines.join('\n');
}

/** Long conversations for people. */
export function formatConversations(rows: readonly ConversationRow[], { bytes, calls }: ConversationRequest): string {
  const lines = [
    '',
    `conversation: ${calls} calls of a tool on a text of ${kilobytes(bytes)} kB; kB of history`,
    line('', 'turns', '1st turn', 'last turn', 'largest', 'in all', 'runs', 's'),
  ];
  for (const row of rows) {
    const sizes = [row.firstTurnBytes, row.lastTurnBytes, row.largestTurnBytes, row.totalBytes].map(kilobytes);
    lines.push(line(systems[row.system], String(row.turns), ...sizes, String(row.runs), format(row.seconds)));
    if (!row.finished) lines.push(`    did not finish: ${row.ended}`);
  }
  for (const official of rows.filter(({ system }) => system === 'ai-sdk')) {
    for (const ours of rows.filter(({ system }) => system !== 'ai-sdk')) {
      const last = official.lastTurnBytes / ours.lastTurnBytes;
      const average = official.totalBytes / official.turns / (ours.totalBytes / ours.turns);
      const ratios = `${last.toFixed(0)}x the bytes of the last turn; ${average.toFixed(0)}x in all, per turn`;
      lines.push(`  ai-sdk / ${ours.system}: ${ratios}`);
    }
  }
  return lines.join('\n');
}

function kilobytes(bytes: number): string {
  return format(bytes / 1000);
}

function compare(rows: readonly Row[], comparison: (typeof comparisons)[number]): string[] {
  const one = rows.find(({ system }) => system === comparison.of);
  const other = rows.find(({ system }) => system === comparison.with);
  if (one === undefined || other === undefined) return [];
  const latency = `${(other.p50Ms / one.p50Ms).toFixed(1)}x sooner (p50)`;
  if (one.runsPerSecond === null || other.runsPerSecond === null)
    return [`  ${comparison.of} / ${comparison.with}: ${latency}`];
  const aim = comparison.aim === undefined ? '' : `, aim ${comparison.aim}x`;
  const rate = `${(one.runsPerSecond / other.runsPerSecond).toFixed(1)}x the runs/s${aim}`;
  // The others' servers are processes of their own.
  const cpu = isComparable(comparison) && one.cpuMs && other.cpuMs;
  const less = cpu ? `; ${(cpu / one.cpuMs).toFixed(1)}x less CPU time` : '';
  return [`  ${comparison.of} / ${comparison.with}: ${rate}; ${latency}${less}`];
}

function isComparable({ with: other }: { readonly with: System }): boolean {
  return other === 'memory-official-host' || other === 'official-host';
}

function line(name: string, ...cells: readonly string[]): string {
  return `  ${name.padEnd(42)}${cells.map((cell) => cell.padStart(10)).join('')}`;
}

function format(value: number | null): string {
  if (value === null) return '-';
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

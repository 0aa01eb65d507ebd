import { readFileSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { ResourceUsage } from './resource-controller.ts';

/** How old a reading may be, in milliseconds; as in the official worker. */
const FRESH_MS = 100;

/** What readings of a machine are made of. */
export interface SystemSource {
  /** A file's text; `undefined` when there is none. */
  readonly read: (path: string) => string | undefined;
  /** Bytes of the machine. */
  readonly memory: () => { readonly total: number; readonly free: number };
  /** What the processors have done since some time, together, in any unit. */
  readonly cpu: () => { readonly busy: number; readonly total: number };
  /** Milliseconds since some time. */
  readonly now: () => number;
}

/**
 * Reads what is in use of memory and processors: of what the container may use (control groups, version 2), where it has limits, else of the machine. In a
 * container only memory that cannot be given back counts. CPU is that since the reading before, which is a tenth of a second ago or more.
 */
export function createSystemUsage(source: SystemSource): () => ResourceUsage {
  let time = source.now();
  let machine = source.cpu();
  let group = groupCpu(source);
  let usage: ResourceUsage = { memory: memoryShare(source), cpu: 0 };
  return () => {
    const now = source.now();
    if (now - time < FRESH_MS) return usage;
    const before = { time, machine, group };
    [time, machine, group] = [now, source.cpu(), groupCpu(source)];
    const ofMachine = (machine.busy - before.machine.busy) / Math.max(1, machine.total - before.machine.total);
    const cpu =
      group !== undefined && before.group !== undefined
        ? (group.usedMs - before.group.usedMs) / (group.processors * (time - before.time))
        : ofMachine;
    usage = { memory: memoryShare(source), cpu };
    return usage;
  };
}

function memoryShare({ read, memory }: SystemSource): number {
  const machine = memory();
  const limit = Number(read('/sys/fs/cgroup/memory.max') ?? Number.NaN);
  const used = field(read('/sys/fs/cgroup/memory.stat'), 'anon');
  if (Number.isNaN(limit) || used === undefined) return 1 - machine.free / machine.total;
  return used / Math.min(limit, machine.total);
}

/** What the processes of the container have used, and how many processors that may be; `undefined` without a limit. */
function groupCpu({ read }: SystemSource): { readonly usedMs: number; readonly processors: number } | undefined {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? 'max').trim().split(' ').map(Number);
  const used = field(read('/sys/fs/cgroup/cpu.stat'), 'usage_usec');
  if (!quota || !period || used === undefined) return undefined;
  return { usedMs: used / 1000, processors: quota / period };
}

function field(text: string | undefined, name: string): number | undefined {
  const line = text?.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function machineCpu(): { readonly busy: number; readonly total: number } {
  const times = cpus().map((cpu) => cpu.times);
  const total = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: total - times.reduce((sum, { idle }) => sum + idle, 0), total };
}

let ofThisMachine: (() => ResourceUsage) | undefined;

/** What is in use of this machine, or of the container that this process is in. One reading serves all that ask within a tenth of a second. */
export function systemUsage(): ResourceUsage {
  ofThisMachine ??= createSystemUsage({
    read: readText,
    memory: () => ({ total: totalmem(), free: freemem() }),
    cpu: machineCpu,
    now: () => performance.now(),
  });
  return ofThisMachine();
}

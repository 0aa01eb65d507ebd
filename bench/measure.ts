import type { Operation } from './workloads.ts';

/** How much to do for one figure. */
export interface Amount {
  /** How long latency and throughput are measured, each, in seconds. Nothing is cut off: what has begun is finished. */
  readonly seconds: number;
  /** Runs at once when throughput is measured; 0: it is not. */
  readonly inFlight: number;
}

/** The figures of one workload. */
export interface Figures {
  /** With many in flight; `null` where there is no such thing. */
  readonly runsPerSecond: number | null;
  /** One at a time. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /**
   * CPU time of the measuring process per run, client and worker, where one runs there; threads included, other processes not. It varies less than
   * runs/s where others use the machine.
   */
  readonly cpuMs: number | null;
}

/** Fewer runs than these say nothing. */
const LEAST_LATENCIES = 10;
const LEAST_RUNS_PER_FLIGHT = 4;

/** Measures latency one run at a time, then throughput. */
export async function measure(operation: Operation, { seconds, inFlight }: Amount): Promise<Figures> {
  const latencies: number[] = [];
  const latencyEnd = performance.now() + seconds * 1000;
  while (latencies.length < LEAST_LATENCIES || performance.now() < latencyEnd) latencies.push(await operation());
  const many = inFlight === 0 ? undefined : await throughput(operation, { seconds, inFlight });
  return {
    runsPerSecond: many?.runsPerSecond ?? null,
    p50Ms: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    cpuMs: many?.cpuMs ?? null,
  };
}

async function throughput(
  operation: Operation,
  { seconds, inFlight }: Amount,
): Promise<{ runsPerSecond: number; cpuMs: number }> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const end = started + seconds * 1000;
  let begun = 0;
  const fly = async (): Promise<void> => {
    while (begun < inFlight * LEAST_RUNS_PER_FLIGHT || performance.now() < end) {
      begun++;
      await operation();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, fly));
  return { runsPerSecond: (begun / (performance.now() - started)) * 1000, cpuMs: cpuMsSince(cpu) / begun };
}

/** CPU time of this process since an earlier look at it, in milliseconds. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The figure below which a share of the values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The median of each figure over rounds. */
export function medians(rounds: readonly Figures[]): Figures {
  const rates = rounds.flatMap(({ runsPerSecond }) => runsPerSecond ?? []);
  const p50s = rounds.map(({ p50Ms }) => p50Ms);
  const p95s = rounds.map(({ p95Ms }) => p95Ms);
  const cpus = rounds.flatMap(({ cpuMs }) => cpuMs ?? []);
  // A round of a cold start is a single run.
  const single = rounds.every(({ p50Ms }, index) => p50Ms === p95s[index]);
  return {
    runsPerSecond: rates.length === 0 ? null : quantile(rates, 0.5),
    p50Ms: quantile(p50s, 0.5),
    p95Ms: quantile(p95s, single ? 0.95 : 0.5),
    cpuMs: cpus.length === 0 ? null : quantile(cpus, 0.5),
  };
}

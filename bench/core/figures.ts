/** What the core costs as runs gather and grow: measured once, in a process of its own. */
import { answerOf } from '../fork.ts';

/** What was measured. */
export interface CoreFigures {
  /** Memory of the process for one more run that waits for a signal in the worker's cache, its history included: each growth, in bytes. */
  readonly residentBytes: readonly number[];
  /** CPU time of a turn (an activity, its result, the next workflow task) in each part of one long history, in milliseconds. */
  readonly turns: readonly TurnCost[];
}

/** Turns of one part of a history. */
export interface TurnCost {
  /** Events when the part ended. */
  readonly events: number;
  readonly cpuMs: number;
}

/** Measures all of it. */
export async function coreFigures(codePath: string): Promise<CoreFigures> {
  return (await answerOf('core/process.ts', [codePath])) as CoreFigures;
}

/** The figures for people. */
export function formatCoreFigures({ residentBytes, turns }: CoreFigures): string {
  const kilobytes = residentBytes.map((bytes) => (bytes / 1000).toFixed(0)).join(', ');
  return [
    '',
    'core-figures: ours, in memory',
    `  memory of a run that waits, one group of runs after the other: ${kilobytes} kB, aim below 150 kB`,
    '  CPU time of a turn, aim flat:',
    ...turns.map(({ events, cpuMs }) => `    up to event ${events}: ${cpuMs.toFixed(2)} ms`),
  ].join('\n');
}

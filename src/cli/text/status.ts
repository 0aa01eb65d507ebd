import type { RunStatus } from '../../client/status.ts';
import type { Style } from '../output.ts';

const STYLES: Readonly<Record<string, Style>> = {
  running: 'cyan',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  terminated: 'red',
  timed_out: 'red',
  scheduled: 'dim',
};

/** All that a run's status may be. */
export const STATUSES: readonly RunStatus[] = [
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
];

/** The colour of the status of a run or of a step. */
export function statusStyle(status: string): Style | undefined {
  return STYLES[status];
}

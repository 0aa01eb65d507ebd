import type { Step } from '../../client/inspect/types.ts';
import type { CliOutput } from '../output.ts';
import { brief } from '../text/brief.ts';
import { oneLine } from '../text/escape.ts';
import { statusStyle } from '../text/status.ts';
import { type Column, tableOf } from '../text/table.ts';
import { duration } from '../text/time.ts';

/** A cell is for a look; `--json` has all of it. */
const CELL = 200;

const COLUMNS: readonly Column[] = [
  { title: 'KIND' },
  { title: 'NAME' },
  { title: 'STATUS', style: statusStyle },
  { title: 'TRIES', align: 'right' },
  { title: 'TOOK', align: 'right' },
  { title: 'INPUT', isFlexible: true },
  { title: 'OUTPUT' },
];

/** Steps of a run as a table. */
export function stepsOf(steps: readonly Step[], output: CliOutput): string {
  return tableOf(COLUMNS, steps.map(rowOf), output);
}

function rowOf({ kind, name, status, attempts, durationMs, input, output, error }: Step): readonly string[] {
  return [
    kind,
    oneLine(name),
    status,
    String(attempts),
    durationMs === undefined ? '' : duration(durationMs),
    brief(input).slice(0, CELL),
    error === undefined ? brief(output).slice(0, CELL) : oneLine(error.message),
  ];
}

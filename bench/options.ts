import { parseArgs } from 'node:util';
import { type System, systems } from './systems.ts';
import { type Workload, workloads } from './workloads.ts';

/** What to measure and how long. */
export interface Options {
  readonly systems: readonly System[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  /** For each figure of a round. */
  readonly seconds: number;
  readonly inFlight: number;
  /** Where the rows are written, too. */
  readonly json: string | undefined;
}

const help = `npm run bench [-- OPTIONS]
  --json FILE        writes the rows there too
  --workloads A,B    of: ${Object.keys(workloads).join(', ')}
  --systems A,B      of: ${Object.keys(systems).join(', ')}
  --rounds N         how often each is measured, in turn; medians count (default 3)
  --seconds N        for each figure of a round (default 3)
  --in-flight N      runs at once when throughput is measured (default 50)`;

/** Reads the command line. Ends the process when help is asked for. @throws Error when it makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      workloads: { type: 'string' },
      systems: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      'in-flight': { type: 'string', default: '50' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    process.exit();
  }
  return {
    systems: chosen(values.systems, systems),
    workloads: chosen(values.workloads, workloads),
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    inFlight: positive('in-flight', values['in-flight']),
    json: values.json,
  };
}

function chosen<Name extends string>(list: string | undefined, known: Readonly<Record<Name, string>>): Name[] {
  const names = Object.keys(known) as Name[];
  if (list === undefined) return names;
  return list.split(',').map((wanted) => {
    const name = names.find((candidate) => candidate === wanted);
    if (name === undefined) throw new Error(`There is no ${wanted}. There are: ${names.join(', ')}`);
    return name;
  });
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0.`);
  return number;
}

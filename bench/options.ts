import { parseArgs } from 'node:util';
import type { ConversationRequest } from './agents/conversation.ts';
import { type System, systems } from './systems.ts';
import { agentWorkloads, type Workload, workloads } from './workloads.ts';

/** What to measure and how long. */
export interface Options {
  readonly systems: readonly System[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  /** For each figure of a round. */
  readonly seconds: number;
  readonly inFlight: number;
  /** How long each system does each workload before the first round, one at a time and then many. Seconds. */
  readonly warmUp: number;
  /** Of the long conversation. */
  readonly conversation: ConversationRequest;
  /** Where the rows are written, too. */
  readonly json: string | undefined;
}

const help = `npm run bench [-- OPTIONS]
  --json FILE        writes the rows there too
  --only agents      the workloads that are about agents; --only workflows: the others
  --workloads A,B    of: ${Object.keys(workloads).join(', ')}
  --systems A,B      of: ${Object.keys(systems).join(', ')}
  --rounds N         how often each is measured, in turn; medians count (default 3)
  --seconds N        for each figure of a round (default 3)
  --warm-up N        seconds of each workload before that, one at a time and as long with many in flight (default 5)
  --in-flight N      runs at once when throughput is measured (default 50)
  --conversation N   bytes of text that the long conversation begins with (default 800000)
  --calls N          of the model and a tool in it (default 100)
  --patience N       seconds after which it is stopped (default 180)`;

/** Reads the command line. Ends the process when help is asked for. @throws Error when it makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      workloads: { type: 'string' },
      systems: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      'in-flight': { type: 'string', default: '50' },
      'warm-up': { type: 'string', default: '5' },
      conversation: { type: 'string', default: '800000' },
      calls: { type: 'string', default: '100' },
      patience: { type: 'string', default: '180' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    process.exit();
  }
  return {
    systems: chosen(values.systems, systems),
    workloads: chosen(values.workloads, workloads).filter(only(values.only)),
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    inFlight: positive('in-flight', values['in-flight']),
    warmUp: positive('warm-up', values['warm-up']),
    conversation: {
      bytes: positive('conversation', values.conversation),
      calls: positive('calls', values.calls),
      seconds: positive('patience', values.patience),
    },
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

function only(wanted: string | undefined): (workload: Workload) => boolean {
  if (wanted === undefined) return () => true;
  if (wanted !== 'agents' && wanted !== 'workflows') throw new Error('--only must be agents or workflows.');
  return (workload) => agentWorkloads.includes(workload) === (wanted === 'agents');
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0.`);
  return number;
}

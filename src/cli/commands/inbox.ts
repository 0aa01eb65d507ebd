import type { PendingWait } from '../../client/perdure.ts';
import type { EngineFlags } from '../engine-flags.ts';
import {
  type AddCommand,
  addCommonOptions,
  addEngineOptions,
  type CommonFlags,
  examples,
  notEmpty,
  toCount,
} from '../options.ts';
import type { CliOutput } from '../output.ts';
import { withPerdure } from '../session.ts';
import { brief } from '../text/brief.ts';
import { oneLine } from '../text/escape.ts';
import { type Column, tableOf } from '../text/table.ts';
import { moment } from '../text/time.ts';

interface Flags extends EngineFlags, CommonFlags {
  readonly all?: boolean;
  readonly prefix?: string;
  readonly limit: number;
  readonly iso?: boolean;
}

/** `perdure inbox`. */
export const addInbox: AddCommand = (program, output) => {
  const command = program
    .command('inbox')
    .description('Shows what runs wait for people: questions and decisions, oldest first.')
    .option('--all', 'also results of async tools and events, which programs bring')
    .option('--prefix <text>', 'only those of runs whose id begins so', notEmpty)
    .option('--limit <count>', 'how many open runs are looked through at most', toCount, 1000)
    .option('--iso', 'times as ISO 8601');
  addCommonOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      examples(
        ['perdure inbox', 'then: perdure reply, perdure approve or perdure reject'],
        ["perdure inbox --json | jq '.waits[].wait.message'", 'for another program'],
      ),
    )
    .action(async (flags: Flags) => await showInbox(flags, output));
};

async function showInbox(flags: Flags, output: CliOutput): Promise<void> {
  const { all = false, prefix, limit, iso, json } = flags;
  const options = { limit, ...(prefix === undefined ? {} : { idPrefix: prefix }) };
  const pending = await withPerdure(flags, output, async (perdure) => await perdure.pending(options), {
    doing: 'Looking for what waits',
  });
  const waits = pending.filter(({ wait }) => all || wait.kind === 'input' || wait.kind === 'approval');
  if (json === true) return output.json({ waits });
  if (waits.length === 0) return output.err('Nothing waits for you.\n');
  output.out(
    tableOf(
      COLUMNS,
      waits.map((wait) => rowOf(wait, iso)),
      output,
    ),
  );
}

const COLUMNS: readonly Column[] = [
  { title: 'RUN' },
  { title: 'KIND', style: () => 'yellow' },
  { title: 'AGENT' },
  { title: 'ASKED' },
  { title: 'WAIT ID', isFlexible: true },
  { title: 'WHAT' },
];

function rowOf({ runId, wait }: PendingWait, iso: boolean | undefined): readonly string[] {
  const { kind, agent, openedAt, id, message, call } = wait;
  const about = kind === 'approval' && call !== undefined ? ` (${call.toolName} ${brief(call.input)})` : '';
  return [oneLine(runId), kind, oneLine(agent), moment(openedAt, { iso }), oneLine(id), oneLine(message + about)];
}

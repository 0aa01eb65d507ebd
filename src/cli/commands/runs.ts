import { InvalidArgumentError } from 'commander';
import type { RunInfo, RunStatus } from '../../client/status.ts';
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
import { commandLine, withPerdure } from '../session.ts';
import { oneLine } from '../text/escape.ts';
import { STATUSES, statusStyle } from '../text/status.ts';
import { type Column, tableOf } from '../text/table.ts';
import { duration, moment, toMoment } from '../text/time.ts';

interface Flags extends EngineFlags, CommonFlags {
  readonly status?: readonly RunStatus[];
  readonly agent?: string;
  readonly prefix?: string;
  readonly after?: Date;
  readonly before?: Date;
  readonly limit: number;
  readonly cursor?: string;
  readonly iso?: boolean;
}

/** `perdure runs`. */
export const addRuns: AddCommand = (program, output) => {
  const command = program
    .command('runs')
    .description('Lists runs, newest first; those of sub-agents are shown by perdure tree.')
    .option('--status <names>', `only those: ${STATUSES.join(', ')}; several with commas`, toStatuses)
    .option('--agent <name>', 'only those of this agent', notEmpty)
    .option('--prefix <text>', 'only those whose id begins so', notEmpty)
    .option('--after <time>', "only those started since: ISO 8601, or how long ago, such as 2h or '3 days'", toMoment)
    .option('--before <time>', 'only those started before', toMoment)
    .option('--limit <count>', 'how many at most', toCount, 20)
    .option('--cursor <text>', 'goes on after a page: what that one has given', notEmpty)
    .option('--iso', 'times as ISO 8601');
  addCommonOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      examples(
        ['perdure runs --status failed,timed_out --after 1d', 'what went wrong since yesterday'],
        ["perdure runs --json | jq -r '.runs[].id'", 'ids for another program'],
      ),
    )
    .action(async (flags: Flags) => await listRuns(flags, output));
};

function toStatuses(text: string): readonly RunStatus[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(STATUSES as readonly string[]).includes(name));
  if (unknown === undefined) return names as readonly RunStatus[];
  throw new InvalidArgumentError(`'${unknown}' is no status: there are ${STATUSES.join(', ')}.`);
}

async function listRuns(flags: Flags, output: CliOutput): Promise<void> {
  const { status, agent, prefix, after, before, limit, cursor } = flags;
  const options = {
    limit,
    ...(status === undefined ? {} : { status }),
    ...(agent === undefined ? {} : { agent }),
    ...(prefix === undefined ? {} : { idPrefix: prefix }),
    ...(after === undefined ? {} : { startedAfter: after }),
    ...(before === undefined ? {} : { startedBefore: before }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  const page = await withPerdure(flags, output, async (perdure) => await perdure.listRuns(options), {
    doing: 'Looking for runs',
  });
  if (flags.json === true) return output.json(page);
  if (page.runs.length === 0) return output.err('There are no such runs.\n');
  output.out(
    tableOf(
      COLUMNS,
      page.runs.map((run) => rowOf(run, flags.iso)),
      output,
    ),
  );
  if (page.cursor === undefined) return;
  output.err(output.errStyle('dim', `There are more: ${commandLine(['runs', '…', '--cursor', page.cursor], flags)}\n`));
}

/** What a list of runs shows of each. */
const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'AGENT', isFlexible: true },
  { title: 'STATUS', style: statusStyle },
  { title: 'STARTED' },
  { title: 'TOOK', align: 'right' },
  { title: 'WAITS FOR' },
];

function rowOf(run: RunInfo, iso: boolean | undefined): readonly string[] {
  const { id, agent, status, startedAt, endedAt, waits } = run;
  return [
    oneLine(id),
    oneLine(agent),
    status,
    moment(startedAt, { iso }),
    duration((endedAt ?? new Date()).getTime() - startedAt.getTime()),
    waits.map(({ kind }) => kind).join(', '),
  ];
}

import { InvalidArgumentError } from 'commander';
import type { RunStatus } from '../../client/status.ts';
import type { EngineFlags } from '../engine-flags.ts';
import { UsageError } from '../errors.ts';
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
import { STATUSES } from '../text/status.ts';

interface Flags extends EngineFlags, CommonFlags {
  readonly output: string;
  readonly query?: string;
  readonly status?: readonly RunStatus[];
  readonly agent?: string;
  readonly limit: number;
}

/** `perdure record`. */
export const addRecord: AddCommand = (program, output) => {
  const command = program
    .command('record')
    .description('Collects histories of runs in a new folder, for perdure replay.')
    .argument('[ids...]', 'of runs; default: the newest')
    .requiredOption('-o, --output <folder>', 'made by this; one that is there is left as it is', notEmpty)
    .option('--query <text>', 'those that a query of Temporal finds, sub-agents included', notEmpty)
    .option('--status <names>', `only those: ${STATUSES.join(', ')}; several with commas`, toStatuses)
    .option('--agent <name>', 'only those of this agent, or of this workflow', notEmpty)
    .option('--limit <count>', 'how many at most', toCount, 20);
  addCommonOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      `\nHistories hold all that runs were told and said. Payloads that are encrypted stay so; nothing else is taken out: look before you
commit them.\n${examples(
        ['perdure record -o recordings --status completed --limit 50', 'the newest that went well'],
        ['perdure record r-1 r-2 -o recordings', 'these two'],
      )}`,
    )
    .action(async (ids: readonly string[], flags: Flags) => await record(ids, flags, output));
};

function toStatuses(text: string): readonly RunStatus[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(STATUSES as readonly string[]).includes(name));
  if (unknown === undefined) return names as readonly RunStatus[];
  throw new InvalidArgumentError(`'${unknown}' is no status: there are ${STATUSES.join(', ')}.`);
}

async function record(ids: readonly string[], flags: Flags, output: CliOutput): Promise<void> {
  const { query, status, agent, limit, output: folder, json = false } = flags;
  const isFiltered = status !== undefined || agent !== undefined;
  if ([ids.length > 0, query !== undefined, isFiltered].filter(Boolean).length > 1)
    throw new UsageError('Give ids, or --query, or --status and --agent: one of the three.');
  const { recordRuns } = await import('../replay/record-runs.ts');
  const wanted = {
    ids,
    limit,
    ...(query !== undefined && { query }),
    ...(status && { status }),
    ...(agent !== undefined && { agent }),
  };
  const runs = await withPerdure(flags, output, async (perdure) => await recordRuns(perdure, folder, wanted), {
    doing: 'Recording',
  });
  if (json) output.json({ folder, runs });
  else output.out(`Recorded in ${folder}: ${runs.length} ${runs.length === 1 ? 'history' : 'histories'}.\n`);
}

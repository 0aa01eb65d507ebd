import type { Command } from 'commander';
import type { DataEntry, DataPage, DataSummary } from '../../data/index.ts';
import type { JsonObject } from '../../workflow/protocol/index.ts';
import { type DataFlags, withData } from '../data-session.ts';
import { jsonOf } from '../input.ts';
import { type AddCommand, addCommonOptions, type CommonFlags, examples, notEmpty, toCount } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { brief, readable } from '../text/brief.ts';
import { oneLine } from '../text/escape.ts';
import { tableOf } from '../text/table.ts';
import { moment } from '../text/time.ts';

type Flags = DataFlags & CommonFlags;

interface PageFlags extends Flags {
  readonly agent?: string;
  readonly prefix?: string;
  readonly limit: number;
  readonly cursor?: string;
  readonly iso?: boolean;
}

interface WriteFlags extends Flags {
  readonly by: string;
  readonly description?: string;
  readonly schema?: string;
  readonly ttl?: number;
}

/** `perdure data`. */
export const addData: AddCommand = (program, output) => {
  const data = program
    .command('data')
    .description('Reads and writes the data of runs: values under keys, written once.')
    .addHelpText(
      'after',
      examples(["perdure data query r-1 'orders/*'", 'values whose keys match; RUN is the root run']),
    );
  addList(data, output);
  addRead(data, output);
  addQueryOf(data, output);
  addWrite(data, output);
};

function addPart(data: Command, name: string, description: string): Command {
  const command = data
    .command(name)
    .description(description)
    .argument('<run>', 'the id of the root run, the one that was started')
    .option('--data-url <url>', 'of a PostgreSQL; default: PERDURE_DATA_URL, then DATABASE_URL', notEmpty)
    .option('--data-path <path>', 'directory of a PGlite; default: ./.perdure/data', notEmpty)
    .option('--tenant <name>', 'whose data it is; default: none');
  return addCommonOptions(command);
}

function addPaging(command: Command): Command {
  return command
    .option('--limit <count>', 'how many at most', toCount, 100)
    .option('--cursor <text>', 'goes on after a page: what that one has given', notEmpty);
}

function addList(data: Command, output: CliOutput): void {
  addPaging(addPart(data, 'list', 'Lists keys, without their values.'))
    .option('--agent <name>', 'only what this agent wrote', notEmpty)
    .option('--prefix <text>', 'only keys that begin so', notEmpty)
    .option('--iso', 'times as ISO 8601')
    .addHelpText('after', examples(['perdure data list r-1 --prefix orders/', 'what there is']))
    .action(async (run: string, flags: PageFlags) => {
      const { agent, prefix, limit, cursor, json, iso } = flags;
      const listing = {
        limit,
        ...(agent === undefined ? {} : { filterByAgent: agent }),
        ...(prefix === undefined ? {} : { prefix }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const page = await withData(flags, output, async (store) => await store.list(run, listing));
      if (json === true) return output.json(page);
      printPage(page, ['KEY', 'BYTES', 'BY', 'WRITTEN', 'DESCRIPTION'], (entry) => summary(entry, iso), output);
    });
}

function addRead(data: Command, output: CliOutput): void {
  addPart(data, 'read', 'Prints the value of a key.')
    .argument('<key>', 'of the value')
    .addHelpText('after', examples(['perdure data read r-1 report/final', 'text as it is, all else as JSON']))
    .action(async (run: string, key: string, flags: Flags) => {
      const entry = await withData(flags, output, async (store) => await store.read(run, key));
      if (flags.json === true) output.json(entry);
      else output.out(`${readable(entry.value)}\n`);
    });
}

function addQueryOf(data: Command, output: CliOutput): void {
  addPaging(addPart(data, 'query', 'Lists keys that match a pattern, with their values.'))
    .argument('<pattern>', '* stands for any characters, ? for one')
    .addHelpText(
      'after',
      examples(["perdure data query r-1 'orders/*/total'", 'quotes keep the shell away from the *']),
    )
    .action(async (run: string, pattern: string, flags: PageFlags) => {
      const { limit, cursor, json } = flags;
      const query = { pattern, limit, ...(cursor === undefined ? {} : { cursor }) };
      const page = await withData(flags, output, async (store) => await store.query(run, query));
      if (json === true) return output.json(page);
      const rowOf = (entry: DataEntry): string[] => [oneLine(entry.key), oneLine(entry.agent), brief(entry.value)];
      printPage(page, ['KEY', 'BY', 'VALUE'], rowOf, output);
    });
}

function addWrite(data: Command, output: CliOutput): void {
  addPart(data, 'write', 'Writes a value under a key that has none.')
    .argument('<key>', 'of the value')
    .argument('<json>', 'the value; - for standard input')
    .option('--by <name>', 'who writes', notEmpty, 'cli')
    .option('--description <text>', 'what the value is')
    .option('--schema <json>', 'JSON Schema that the value has to match; kept with it')
    .option('--ttl <seconds>', 'after how many seconds it is gone; default: it stays', toCount)
    .addHelpText('after', examples([`perdure data write r-1 limits/refund '{"max":100}'`, 'for the agents of the run']))
    .action(async (run: string, key: string, text: string, flags: WriteFlags) => {
      const { by, description, schema, ttl } = flags;
      const metadata = {
        ...(description === undefined ? {} : { description }),
        ...(schema === undefined ? {} : { schema: (await jsonOf(schema, '--schema', output)) as JsonObject }),
        ...(ttl === undefined ? {} : { ttl }),
      };
      const value = await jsonOf(text, 'The value', output);
      const written = await withData(
        flags,
        output,
        async (store) => await store.write(run, { key, value, metadata }, { agent: by }),
        { creates: true },
      );
      if (flags.json === true) output.json(written);
      else output.out(`${oneLine(key)} is written.\n`);
    });
}

function summary({ key, bytes, agent, writtenAt, description }: DataSummary, iso: boolean | undefined): string[] {
  return [oneLine(key), String(bytes), oneLine(agent), moment(writtenAt, { iso }), oneLine(description ?? '')];
}

function printPage<Item>(
  { entries, cursor }: DataPage<Item>,
  titles: readonly string[],
  rowOf: (entry: Item) => readonly string[],
  output: CliOutput,
): void {
  if (entries.length === 0) return output.err('There is no such data.\n');
  output.out(
    tableOf(
      titles.map((title) => ({ title })),
      entries.map(rowOf),
      output,
    ),
  );
  if (cursor !== undefined) output.err(output.errStyle('dim', `There is more: --cursor ${cursor}\n`));
}

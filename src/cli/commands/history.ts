import { open } from 'node:fs/promises';
import { parse } from 'node:path';
import type { Run } from '../../client/run.ts';
import { type AddCommand, examples, notEmpty } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { withProgress } from '../progress.ts';
import { jsonLine } from '../text/escape.ts';
import { addRunCommand, type RunFlags, withRun } from './run-command.ts';

interface Flags extends RunFlags {
  readonly output?: string;
}

/** `perdure history`. */
export const addHistory: AddCommand = (program, output) => {
  addRunCommand(program, 'history', "Writes a run's history as Temporal's JSON, which its UI and command line import.")
    .option('-o, --output <file>', 'where to; default: standard output', notEmpty)
    .addHelpText(
      'after',
      `\nA run that has gone on as new has several histories: on standard output each is a line, with -o the newest is in FILE and the
ones before in FILE.1, FILE.2, … with FILE's ending.\n${examples(
        ['perdure history r-1 -o history.json', 'then "import" in the Temporal UI'],
        ['perdure history r-1 | jq ".events | length"', 'for another program'],
      )}`,
    )
    .action(async (id: string, flags: Flags) => {
      const { output: file, json = false } = flags;
      await withRun(id, flags, output, async (run) => {
        if (file === undefined) return await print(run, output);
        const files = await withProgress(output, `Reading ${id}`, async () => await writeFiles(run, file));
        if (json) output.json({ runId: id, files });
        else output.err(`Written: ${files.map(({ path, events }) => `${path} (${events} events)`).join(', ')}\n`);
      });
    });
};

/** A history on the way out, piece by piece: it may be larger than memory should be. */
interface Sink {
  readonly write: (text: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Each history of the chain as `{"events":[…]}`. @returns how many events each has. */
async function copy(run: Run, begin: (index: number) => Promise<Sink>): Promise<number[]> {
  const counts: number[] = [];
  let [current, sink]: [string | undefined, Sink | undefined] = [undefined, undefined];
  try {
    for await (const { runId, events } of run.history()) {
      if (runId !== current) {
        await sink?.write(']}\n');
        await sink?.end();
        sink = await begin(counts.push(0));
        await sink.write('{"events":[');
        current = runId;
      }
      const comma = counts.at(-1) === 0 || events.length === 0 ? '' : ',';
      await sink?.write(comma + events.map((event) => jsonLine(event)).join(','));
      counts[counts.length - 1] = (counts.at(-1) ?? 0) + events.length;
    }
    await sink?.write(']}\n');
  } finally {
    await sink?.end();
  }
  return counts;
}

async function print(run: Run, { out }: CliOutput): Promise<void> {
  await copy(run, async () => await Promise.resolve({ write: async (text) => out(text), end: async () => {} }));
}

interface Written {
  readonly path: string;
  readonly events: number;
}

async function writeFiles(run: Run, file: string): Promise<Written[]> {
  const { rename } = await import('node:fs/promises');
  const counts = await copy(run, async (index) => {
    const handle = await open(numbered(file, index), 'w');
    return { write: async (text) => void (await handle.write(text)), end: async () => await handle.close() };
  });
  // Only now it is known which one is the newest.
  await rename(numbered(file, counts.length), file);
  return counts.map((events, index) => ({
    path: index === counts.length - 1 ? file : numbered(file, index + 1),
    events,
  }));
}

function numbered(file: string, index: number): string {
  const { ext } = parse(file);
  return `${file.slice(0, file.length - ext.length)}.${index}${ext}`;
}

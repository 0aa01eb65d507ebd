import { EventView } from '../events/view.ts';
import { followRun } from '../events/follow.ts';
import { type AddCommand, examples, notEmpty } from '../options.ts';
import { goesOn } from '../session.ts';
import { addRunCommand, type RunFlags, withRun } from './run-command.ts';

interface Flags extends RunFlags {
  readonly follow?: boolean;
  readonly from?: string;
  readonly tokens?: boolean;
  readonly iso?: boolean;
}

/** `perdure logs`. */
export const addLogs: AddCommand = (program, output) => {
  addRunCommand(program, 'logs', 'Shows what has happened in a run; with -f also what happens next, until it ends.')
    .option('-f, --follow', 'waits for what happens next; Ctrl+C ends that, and leaves the run alone')
    .option('--from <event>', 'only what happened after the event with this id', notEmpty)
    .option('--tokens', 'with -f: also what models say while they say it')
    .option('--iso', 'times as ISO 8601, not those of this place')
    .addHelpText(
      'after',
      examples(
        ['perdure logs r-1 -f --tokens', 'as it happens'],
        ['perdure logs r-1 --json | jq .type', 'an event a line; the id is what --from takes'],
      ),
    )
    .action(async (id: string, flags: Flags) => {
      const { follow = false, from, tokens = false, iso, json } = flags;
      const view = new EventView(id, {
        write: output.out,
        style: output.style,
        width: output.width,
        hasTimes: true,
        iso,
      });
      const left = (last: string | undefined): string => goesOn(id, last, flags);
      await withRun(id, flags, output, async (run) => {
        await followRun(run, output, { from, tokens: tokens && follow, follow, json, view, left });
      });
    });
};

import { type AddCommand, examples } from '../options.ts';
import { addRunCommand, change, type RunFlags } from './run-command.ts';

interface Flags extends RunFlags {
  readonly reason?: string;
}

/** `perdure terminate`. */
export const addTerminate: AddCommand = (program, output) => {
  addRunCommand(program, 'terminate', 'Ends a run and the runs of its sub-agents at once, without cleaning up.')
    .option('--reason <text>', 'for whoever reads the history; default: aborted')
    .addHelpText('after', examples(['perdure terminate r-1', 'also when no worker runs']))
    .action(async (id: string, { reason, ...flags }: Flags) => {
      await change(id, flags, output, {
        said: `${id} is terminated.`,
        result: { terminated: true },
        work: async (run) => await run.abort(reason),
      });
    });
};

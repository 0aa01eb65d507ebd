import { type AddCommand, examples } from '../options.ts';
import { addRunCommand, change, type RunFlags } from './run-command.ts';

interface Flags extends RunFlags {
  readonly reason?: string;
}

/** `perdure pause`. */
export const addPause: AddCommand = (program, output) => {
  addRunCommand(program, 'pause', 'Pauses a run and the runs of its sub-agents: nothing is begun until it is resumed.')
    .option('--reason <text>', 'for whoever reads the history')
    .addHelpText('after', examples(['perdure pause r-1', 'perdure resume r-1 lets it go on']))
    .action(async (id: string, { reason, ...flags }: Flags) => {
      await change(id, flags, output, {
        said: `${id} is paused.`,
        result: { paused: true },
        work: async (run) => await run.pause(reason === undefined ? {} : { reason }),
      });
    });
};

import { type AddCommand, examples } from '../options.ts';
import { addRunCommand, change, type RunFlags } from './run-command.ts';

/** `perdure resume`. */
export const addResume: AddCommand = (program, output) => {
  addRunCommand(program, 'resume', 'Lets a paused run and the runs of its sub-agents go on.')
    .addHelpText('after', examples(['perdure resume r-1', 'a run that is not paused stays as it is']))
    .action(async (id: string, flags: RunFlags) => {
      await change(id, flags, output, {
        said: `${id} goes on.`,
        result: { paused: false },
        work: async (run) => await run.resume(),
      });
    });
};

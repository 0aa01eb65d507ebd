import { type AddCommand, examples, notEmpty } from '../options.ts';
import { addRunCommand, change, type RunFlags } from './run-command.ts';

interface Flags extends RunFlags {
  readonly reason?: string;
  readonly deadline?: string;
}

/** `perdure cancel`. */
export const addCancel: AddCommand = (program, output) => {
  addRunCommand(program, 'cancel', 'Asks a run to end in order: what it did is undone where its tools say how.')
    .option('--reason <text>', 'for whoever reads the history')
    .option('--deadline <time>', "how long cleaning up may take; default: '1 minute'", notEmpty)
    .addHelpText('after', examples(['perdure cancel r-1 --reason "ordered twice"', 'resolves once that is on its way']))
    .action(async (id: string, { reason, deadline, ...flags }: Flags) => {
      const options = { ...(reason === undefined ? {} : { reason }), ...(deadline === undefined ? {} : { deadline }) };
      await change(id, flags, output, {
        said: `${id} is asked to end. perdure show ${id} tells how it is.`,
        result: { cancelRequested: true },
        work: async (run) => await run.cancel(options),
      });
    });
};

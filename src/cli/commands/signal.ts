import { jsonOf } from '../input.ts';
import { type AddCommand, examples } from '../options.ts';
import { addRunCommand, change, type RunFlags } from './run-command.ts';

/** `perdure signal`. */
export const addSignal: AddCommand = (program, output) => {
  addRunCommand(program, 'signal', 'Sends a signal to a run. Nobody says whether the run heeds it.')
    .argument('<name>', 'of the signal')
    .argument('[json]', 'what it says; - for standard input')
    .addHelpText(
      'after',
      examples(
        ['perdure signal order-1 approve', 'without a payload'],
        [`perdure signal order-1 note '"late"'`, 'JSON'],
      ),
    )
    .action(async (id: string, name: string, json: string | undefined, flags: RunFlags) => {
      const payload = json === undefined ? undefined : await jsonOf(json, 'The payload', output);
      await change(id, flags, output, {
        said: `${id} has the signal ${name}.`,
        result: { signal: name },
        work: async (run) => await run.signal(name, payload),
      });
    });
};

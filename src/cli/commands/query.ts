import type { Json } from '../../workflow/protocol/index.ts';
import { jsonOf } from '../input.ts';
import { type AddCommand, examples } from '../options.ts';
import { readable } from '../text/brief.ts';
import { addRunCommand, type RunFlags, withRun } from './run-command.ts';

/** `perdure query`. */
export const addQuery: AddCommand = (program, output) => {
  addRunCommand(program, 'query', 'Asks a run something that it answers without changing. Takes a worker.')
    .argument('<name>', 'of the query')
    .argument('[json...]', 'its arguments')
    .addHelpText('after', examples(['perdure query order-1 status', 'prints the answer']))
    .action(async (id: string, name: string, args: readonly string[], flags: RunFlags) => {
      const values: Json[] = [];
      for (const [index, text] of args.entries()) values.push(await jsonOf(text, `Argument ${index + 1}`, output));
      const doing = `Asking ${id}`;
      const answer = await withRun(id, flags, output, async (run) => await run.query(name, ...values), { doing });
      if (flags.json === true) output.json({ runId: id, query: name, answer });
      else output.out(`${readable(answer)}\n`);
    });
};

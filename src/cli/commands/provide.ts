import { jsonOf } from '../input.ts';
import { type AddCommand, examples } from '../options.ts';
import { addAnswerOptions, type AnswerFlags, answerOptions } from './reply.ts';
import { addRunCommand, change } from './run-command.ts';

/** `perdure provide`. */
export const addProvide: AddCommand = (program, output) => {
  addAnswerOptions(addRunCommand(program, 'provide', 'Tells a workflow of your own the event that it waits for.'))
    .argument('<json>', 'the event; - for standard input')
    .addHelpText('after', examples([`perdure provide order-1 '{"paid":true}'`, 'what waitFor gets']))
    .action(async (id: string, json: string, flags: AnswerFlags) => {
      const options = answerOptions(flags);
      const value = await jsonOf(json, 'The event', output);
      await change(id, flags, output, {
        said: `${id} has taken the event.`,
        result: { answered: true },
        work: async (run) => await run.provide(value, options),
      });
    });
};

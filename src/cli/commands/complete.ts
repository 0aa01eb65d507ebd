import type { EngineFlags } from '../engine-flags.ts';
import { UsageError } from '../errors.ts';
import { jsonOf } from '../input.ts';
import { type AddCommand, addCommonOptions, addEngineOptions, type CommonFlags, examples } from '../options.ts';
import { withPerdure } from '../session.ts';

interface Flags extends EngineFlags, CommonFlags {
  readonly error?: string;
}

/** `perdure complete`. */
export const addComplete: AddCommand = (program, output) => {
  const command = program
    .command('complete')
    .description('Brings the result of an async tool call, by the completion token that the tool was given.')
    .argument('<token>', 'the completion token')
    .argument('[json]', 'the result; - for standard input; default: null')
    .option('--error <text>', 'it failed, and why, as the model is told');
  addCommonOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      examples(
        [`perdure complete $TOKEN '{"tracking":"1Z"}'`, 'the result'],
        ['perdure complete $TOKEN --error "no such address"', 'or why there is none'],
      ),
    )
    .action(async (token: string, json: string | undefined, flags: Flags) => {
      const { error } = flags;
      if (error !== undefined && json !== undefined)
        throw new UsageError('Give the result or --error, one of the two.');
      const result = error === undefined ? { result: await jsonOf(json ?? 'null', 'The result', output) } : { error };
      await withPerdure(flags, output, async (perdure) => await perdure.completeTool(token, result));
      if (flags.json === true) output.json({ completed: true });
      else output.out('The run has taken the result.\n');
    });
};

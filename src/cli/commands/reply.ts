import type { Command } from 'commander';
import { parseTime } from '../../agent/time.ts';
import type { AnswerOptions, WaitChoice } from '../../client/answers.ts';
import { UsageError } from '../errors.ts';
import { textOf } from '../input.ts';
import { type AddCommand, examples, notEmpty } from '../options.ts';
import { addRunCommand, change, type RunFlags } from './run-command.ts';

/** What every answer may be told. */
export interface AnswerFlags extends RunFlags {
  readonly waitId?: string;
  readonly timeout?: string;
}

/** `--wait-id` and `--timeout`. */
export function addAnswerOptions(command: Command): Command {
  return command
    .option('--wait-id <id>', 'which of several open questions is meant; perdure inbox shows them', notEmpty)
    .option('--timeout <time>', "how long to wait until the run has taken it; default: '30 s'", notEmpty);
}

/** Which wait is answered, and for how long that is tried. @throws DefinitionError when the timeout is no time. */
export function answerOptions({ waitId, timeout }: AnswerFlags): WaitChoice & AnswerOptions {
  return {
    ...(waitId === undefined ? {} : { waitId }),
    ...(timeout === undefined ? {} : { timeout: parseTime(timeout, '--timeout') }),
  };
}

/** `perdure reply`. */
export const addReply: AddCommand = (program, output) => {
  const command = addRunCommand(program, 'reply', 'Answers a question of an agent.');
  addAnswerOptions(command)
    .argument('[text...]', 'the answer; - or nothing: from standard input')
    .addHelpText(
      'after',
      examples(
        ['perdure reply r-1 Yes, please.', 'words need no quotes'],
        ['perdure reply r-1 - < answer.txt', 'from a file'],
      ),
    )
    .action(async (id: string, words: readonly string[], flags: AnswerFlags) => {
      const options = answerOptions(flags);
      if (words.length === 0 && output.isInputTty)
        throw new UsageError(`Say what the answer is: perdure reply ${id} TEXT, or - for standard input.`);
      const text = await textOf(words.length === 0 ? ['-'] : words, output);
      await change(id, flags, output, {
        said: `${id} has taken the answer.`,
        result: { answered: true },
        work: async (run) => await run.reply(text, options),
      });
    });
};

import type { Command } from 'commander';
import { type AddCommand, examples } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { addAnswerOptions, type AnswerFlags, answerOptions } from './reply.ts';
import { addRunCommand, change } from './run-command.ts';

interface Flags extends AnswerFlags {
  readonly reason?: string;
}

/** `perdure approve`. */
export const addApprove: AddCommand = (program, output) => {
  addDecision(program, output, {
    name: 'approve',
    description: 'Lets an agent do what it has asked for.',
    approved: true,
    said: 'may do it',
  });
};

/** `perdure reject`. */
export const addReject: AddCommand = (program, output) => {
  addDecision(program, output, {
    name: 'reject',
    description: 'Does not let an agent do what it has asked for.',
    approved: false,
    said: 'may not do it',
  });
};

interface Decision {
  readonly name: 'approve' | 'reject';
  readonly description: string;
  readonly approved: boolean;
  readonly said: string;
}

function addDecision(program: Command, output: CliOutput, { name, description, approved, said }: Decision): void {
  addAnswerOptions(addRunCommand(program, name, description))
    .option('--reason <text>', 'why, as the agent is told')
    .addHelpText(
      'after',
      examples(
        [`perdure ${name} r-1`, 'the only thing that it asks for'],
        [`perdure ${name} r-1 --wait-id 1:call-2 --reason "see mail"`, 'one of several'],
      ),
    )
    .action(async (id: string, flags: Flags) => {
      const { reason } = flags;
      const options = { ...answerOptions(flags), ...(reason === undefined ? {} : { reason }) };
      await change(id, flags, output, {
        said: `${id} ${said}.`,
        result: { approved },
        work: async (run) => await run[name](options),
      });
    });
}

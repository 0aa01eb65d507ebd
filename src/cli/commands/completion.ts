import { Argument } from 'commander';
import { type AddCommand, addVerbose, examples } from '../options.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `perdure completion`. */
export const addCompletion: AddCommand = (program, output) => {
  const command = program
    .command('completion')
    .description('Prints what makes a shell complete command lines of perdure.')
    .addArgument(new Argument('<shell>', 'which').choices(SHELLS));
  addVerbose(command)
    .addHelpText(
      'after',
      examples(
        ['source <(perdure completion bash)', 'in ~/.bashrc'],
        ['source <(perdure completion zsh)', 'in ~/.zshrc, after compinit'],
        ['perdure completion fish | source', 'in ~/.config/fish/config.fish'],
      ),
    )
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completionScript } = await import('../completion/index.ts');
      output.out(completionScript(program, shell));
    });
};

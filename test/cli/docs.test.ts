import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { createProgram } from '../../src/cli/program.ts';

/** The help of all commands as a page. */
function reference(): string {
  const program = createProgram(createOutput({ out: () => {}, err: () => {} }));
  const sections = commandsOf(program).map(([name, command]) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 100 });
    command.outputHelp();
    return `## ${name}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
  });
  return `# Commands

What \`perdure help COMMAND\` says, of all commands. [The command line](cli.md) tells how they are used. This page is made by
\`npx vitest run --project unit test/cli/docs.test.ts -u\`.

${sections.join('\n')}`;
}

function commandsOf(command: Command, name: string = command.name()): readonly (readonly [string, Command])[] {
  const below = command.commands.flatMap((each) => commandsOf(each, `${name} ${each.name()}`));
  return [[name, command], ...below];
}

describe('docs/cli-reference.md', () => {
  it('has every command and every flag as it is', async () => {
    await expect(reference()).toMatchFileSnapshot('../../docs/cli-reference.md');
  });
});

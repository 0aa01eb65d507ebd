import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { createOutput } from '../../src/cli/output.ts';

const root = join(import.meta.dirname, '../..');
const docs = readdirSync(join(root, 'docs'), { encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const pages = [...docs.map((name) => `docs/${name}`), 'README.md', 'testing/README.md', 'examples/README.md'];

/** Command lines of `perdure` in the shell blocks of all pages, with where they stand. */
const lines = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```(?:sh|bash|console)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const commands = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split(/\n|&&|\|/));
  return commands.flatMap((line) => {
    const said = /^\s*(?:[A-Z_]+=\S+ )*(?:npx )?perdure (.*)$/.exec(line)?.[1];
    return said === undefined
      ? []
      : [
          [
            page,
            said
              .replace(/\s#.*$/, '')
              .replace(/\s2?>.*$/, '')
              .trim(),
          ] as const,
        ];
  });
});

/** Words of a simple command line: quotes, and nothing else that a shell knows. */
function words(line: string): string[] {
  return (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/^["']|["']$/g, ''));
}

/** The program, in which commands do nothing. */
function silent(): Command {
  const write = (): void => {};
  const program = createProgram(createOutput({ out: write, err: write }));
  const quiet = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => {});
    for (const each of command.commands) quiet(each);
  };
  quiet(program);
  return program;
}

it('finds command lines', () => expect(lines.length).toBeGreaterThan(15));

it.each(lines)('%s: perdure %s', async (_page, line) => {
  await expect(silent().parseAsync(words(line), { from: 'user' })).resolves.toBeDefined();
});

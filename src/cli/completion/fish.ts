import type { Flag, Part } from './parts.ts';

/** For fish. */
export function fishScript(name: string, parts: readonly Part[]): string {
  const lines = parts.flatMap(({ path, commands, flags, choices }) => {
    const below = commands.map(({ text }) => text);
    const lead = `complete -c ${name} -n ${quoted(conditionOf(path, below))}`;
    return [
      ...commands.map(({ text, about }) => `${lead} -f -a ${quoted(text)} -d ${quoted(about)}`),
      ...choices.map((text) => `${lead} -f -a ${quoted(text)}`),
      ...flags.map((flag) => `${lead} ${flagOf(flag)} -d ${quoted(flag.about)}`),
    ];
  });
  return `# Completes command lines of ${name} in fish.\n${lines.join('\n')}\n`;
}

function conditionOf(path: string, below: readonly string[]): string {
  if (path === '') return '__fish_use_subcommand';
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  const unseen = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`];
  return [...seen, ...unseen].join('; and ');
}

function flagOf({ names, hasValue, choices }: Flag): string {
  const said = names.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`));
  if (!hasValue) return said.join(' ');
  return [...said, choices.length === 0 ? '-r' : `-x -a ${quoted(choices.join(' '))}`].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}

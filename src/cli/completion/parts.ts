import type { Command } from 'commander';

/** A word that may be typed, and what it is for. */
export interface Word {
  readonly text: string;
  readonly about: string;
}

/** A flag. */
export interface Flag {
  /** With their dashes. */
  readonly names: readonly string[];
  readonly about: string;
  /** Whether a value follows. */
  readonly hasValue: boolean;
  /** What the value may be; empty for anything, such as files. */
  readonly choices: readonly string[];
}

/** What may follow after the names of some commands. */
export interface Part {
  /** Names of commands: none for the program, `data list` for a command below another. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly flags: readonly Flag[];
  /** What the first argument may be, where that is known. */
  readonly choices: readonly string[];
}

/** What may be typed after which commands. */
export function partsOf(command: Command, path = ''): readonly Part[] {
  const { visibleCommands, visibleOptions } = visibleOf(command);
  const part: Part = {
    path,
    commands: visibleCommands.map((each) => ({ text: each.name(), about: each.description() })),
    flags: visibleOptions.map(({ short, long, description, required, optional, argChoices }) => ({
      names: [short, long].filter((name) => name !== undefined && name !== null),
      about: description,
      hasValue: required || optional,
      choices: argChoices ?? [],
    })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  const below = visibleCommands
    .filter((each) => each.name() !== 'help')
    .flatMap((each) => partsOf(each, path === '' ? each.name() : `${path} ${each.name()}`));
  return [part, ...below];
}

function visibleOf(command: Command): {
  readonly visibleCommands: readonly Command[];
  readonly visibleOptions: readonly Command['options'][number][];
} {
  const help = command.createHelp();
  return { visibleCommands: help.visibleCommands(command), visibleOptions: help.visibleOptions(command) };
}

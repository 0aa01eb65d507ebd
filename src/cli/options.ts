import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINE_TYPES } from '../engines/index.ts';
import type { CliOutput } from './output.ts';

/** Adds a command to the program. What a command needs beside its flags it loads when it runs. */
export type AddCommand = (program: Command, output: CliOutput) => void;

/** What every command may be told. */
export interface CommonFlags {
  /** Lines of JSON, for programs. */
  readonly json?: boolean;
}

/** What says which engine is meant. */
export function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <name>', 'where agents run; default: PERDURE_ENGINE, then embedded').choices(ENGINE_TYPES),
    )
    .option('--database <path>', 'file of the embedded engine; default: PERDURE_DATABASE, then ./.perdure/perdure.db')
    .option('--address <host:port>', 'of the Temporal server; default: TEMPORAL_ADDRESS, then localhost:7233')
    .option('--namespace <name>', 'default: TEMPORAL_NAMESPACE, then default');
}

/** `--json` and `--verbose`. */
export function addCommonOptions(command: Command): Command {
  return addVerbose(command.option('--json', 'for programs: one JSON document a line; errors too, on standard error'));
}

/** `--verbose`, for commands that print nothing. */
export function addVerbose(command: Command): Command {
  return command.option('--verbose', 'errors with all that is known about them');
}

/** Examples for the help of a command: what is typed, and what for. */
export function examples(...lines: readonly (readonly [line: string, what: string])[]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, what]) => `  $ ${line.padEnd(width)}  # ${what}`).join('\n')}`;
}

/** @throws InvalidArgumentError for an empty text. */
export function notEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

/** @throws InvalidArgumentError for all but numbers from 0 on. */
export function toSeconds(value: string): number {
  const seconds = Number(value);
  if (value.trim() === '' || !Number.isFinite(seconds) || seconds < 0)
    throw new InvalidArgumentError('Give seconds from 0 on.');
  return seconds;
}

/** @throws InvalidArgumentError for all but whole numbers from 1 on. */
export function toCount(value: string): number {
  const count = Number(value);
  if (!/^\d+$/.test(value.trim()) || !Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('Give a whole number from 1 on.');
  return count;
}

/** @throws InvalidArgumentError for all but ports; 0 is any that is free. */
export function toPort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value.trim()) || port > 65_535) throw new InvalidArgumentError('Give a number from 0 to 65535.');
  return port;
}

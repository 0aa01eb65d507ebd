import type { Json } from '../workflow/protocol/index.ts';
import { UsageError } from './errors.ts';
import type { CliOutput } from './output.ts';

/** Words of a command line as one text; `-` alone is what standard input says, without its last line break. */
export async function textOf(words: readonly string[], { read }: CliOutput): Promise<string> {
  if (words.length === 1 && words[0] === '-') return (await read()).replace(/\r?\n$/, '');
  return words.join(' ');
}

/**
 * JSON of a command line; `-` is what standard input says.
 * @param what it is, for the error.
 * @throws UsageError when it is no JSON.
 */
export async function jsonOf(text: string, what: string, { read }: CliOutput): Promise<Json> {
  const source = text === '-' ? await read() : text;
  try {
    return JSON.parse(source) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${what} is no JSON: ${reason}. Text needs quotes within quotes: '"like this"'.`, { cause });
  }
}

import { fileURLToPath } from 'node:url';
import type { CliStreams } from '../../src/cli/output.ts';
import { runCli } from '../../src/cli/program.ts';

/** Agents that commands may run: `boss`, `broken`, `carrier`, `clerk`, `shipper`. */
export const OFFICE: string = fileURLToPath(new URL('fixtures/office.ts', import.meta.url));

/** What a command line wrote, and its exit code. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line, with streams that are no terminals unless they are said to be. */
export async function runWith(streams: Partial<CliStreams>, ...args: readonly string[]): Promise<Finished> {
  let [out, err] = ['', ''];
  const code = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ...streams,
  });
  return { code, out, err };
}

/** Runs a command line in a pipe. */
export async function run(...args: readonly string[]): Promise<Finished> {
  return await runWith({}, ...args);
}

/** Lines of JSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

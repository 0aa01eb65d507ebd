import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** What a program left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed; the pipe is closed behind it. */
  readonly typed?: string;
}

/** Runs a file of `examples/` as `npm run demo` and `npm run example` do, without a terminal. */
export function runExample(
  file: string,
  args: readonly string[],
  { cwd, env, typed = '' }: RunOptions,
): Promise<Finished> {
  const node = [
    '--import',
    join(examples, 'sources.ts'),
    '--disable-warning=ExperimentalWarning',
    join(examples, file),
  ];
  const { PERDURE_MODEL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [...node, ...args], { cwd, env: { ...inherited, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(typed);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** An empty folder, for as long as the test runs. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-examples-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

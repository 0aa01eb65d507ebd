import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Only what every program has: neither settings of this machine nor what vitest tells its workers. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => ['PATH', 'HOME', 'TMPDIR', 'LANG'].includes(name)),
);

/** A process that is watched. */
export class Program {
  output = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], folder: string, env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(command, args, {
      cwd: folder,
      env: { ...ENVIRONMENT, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (text: string): void => void (this.output += text);
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Resolves with the first match. @throws Error when the program ends without it. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const [found] = pattern.exec(this.output) ?? [];
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`It has ended without ${pattern}:\n${this.output}`);
      await delay(50);
    }
  }

  /** Asks it to end. @returns its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return await this.exited;
  }
}

/** Runs a program to its end. @throws Error when it fails. @returns what it said. */
async function finished(command: string, args: readonly string[], folder: string): Promise<string> {
  const program = new Program(command, args, folder);
  const code = await program.exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${program.output}`);
  return program.output;
}

/** A project made by `perdure init` of the package as it would be published. */
export class PackedProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Packs, unpacks, and begins a project; packages beside ours are those of this repository. */
  static async make(): Promise<PackedProject> {
    const parent = mkdtempSync(join(tmpdir(), 'perdure-project-'));
    const output = await finished('npm', ['pack', '--silent', '--pack-destination', parent], ROOT);
    const tarball = output.trim().split('\n').at(-1) ?? '';
    const project = new PackedProject(join(parent, 'shop'));
    const modules = join(parent, 'node_modules');
    link(join(ROOT, 'node_modules'), modules);
    mkdirSync(join(modules, 'perdure'));
    await finished(
      'tar',
      ['xzf', join(parent, tarball), '-C', join(modules, 'perdure'), '--strip-components=1'],
      parent,
    );
    await finished(process.execPath, [join(modules, 'perdure/dist/src/cli/main.js'), 'init', 'shop'], parent);
    return project;
  }

  /** `perdure` in the project. */
  perdure(args: readonly string[], env?: NodeJS.ProcessEnv): Program {
    return new Program(process.execPath, [this.#module('perdure/dist/src/cli/main.js'), ...args], this.folder, env);
  }

  /** Runs a program of a package in the project, to its end. */
  async run(file: string, ...args: readonly string[]): Promise<string> {
    return await finished(process.execPath, [this.#module(file), ...args], this.folder);
  }

  #module(file: string): string {
    return join(this.folder, '..', 'node_modules', file);
  }
}

/** As if installed: one link for each package. */
function link(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) link(join(from, name), join(to, name));
    else if (!existsSync(join(to, name))) symlinkSync(join(from, name), join(to, name));
  }
}

import type { Command } from 'commander';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { type Part, partsOf } from './parts.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Readonly<Record<'bash' | 'fish' | 'zsh', (name: string, parts: readonly Part[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script by which a shell completes command lines of a program. */
export function completionScript(program: Command, shell: keyof typeof SCRIPTS): string {
  return SCRIPTS[shell](program.name(), partsOf(program));
}

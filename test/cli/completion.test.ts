import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { run } from './support.ts';

const hasBash = spawnSync('bash', ['--version']).status === 0;

/** What bash offers for the last word. */
async function offered(...words: string[]): Promise<string[]> {
  const { out } = await run('completion', 'bash');
  const script = `${out}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _perdure; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'perdure', ...words], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe.skipIf(!hasBash)('completion in bash', () => {
  it.each([
    [['ru'], ['run', 'runs']],
    [['data', ''], expect.arrayContaining(['list', 'read', 'query', 'write'])],
    [['data', 'query', 'r-1', '--lim'], ['--limit']],
    [
      ['runs', '--engine', ''],
      ['embedded', 'bullmq', 'temporal'],
    ],
    [['completion', ''], expect.arrayContaining(['bash', 'zsh', 'fish'])],
    [['run', 'support', '--file', ''], []],
    [['show', 'r-1', '--pri'], ['--prices']],
  ])('of %j is %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('of %s knows all commands', async (shell) => {
    const { code, out } = await run('completion', shell);
    expect(code).toBe(0);
    for (const name of ['run', 'runs', 'inbox', 'migrate', 'data']) expect(out).toContain(name);
  });

  it('of another shell is refused', async () => {
    const { code, err } = await run('completion', 'csh');
    expect([code, err]).toEqual([2, expect.stringContaining('Allowed choices are bash, zsh, fish.')]);
  });
});

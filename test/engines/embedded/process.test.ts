import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = new URL('use-and-close.ts', import.meta.url).pathname;

async function run(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return stdout.trim();
}

describe('a process with an embedded engine', { timeout: 150_000 }, () => {
  it('ends by itself once the engine is closed', async () => {
    await expect(run('memory')).resolves.toBe('Hello, World; signal handlers: 0; runtime: none');
  });

  it('finds its runs again the next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-process-'));
    const path = join(folder, 'perdure.db');
    await expect(run(path, 'start')).resolves.toBe('started');
    await expect(run(path, 'finish')).resolves.toBe('Hello, World; signal handlers: 0; runtime: none');
    await rm(folder, { recursive: true });
  });
});

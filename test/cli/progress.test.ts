import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { withProgress } from '../../src/cli/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is written to standard error while something takes so long. */
async function written(milliseconds: number, isErrTty: boolean): Promise<string> {
  let err = '';
  const output = createOutput({ out: () => {}, err: (text) => void (err += text), isErrTty });
  const done = withProgress(output, 'Reading', async (tell) => {
    tell('Reading on');
    await vi.advanceTimersByTimeAsync(milliseconds);
    return 7;
  });
  expect(await done).toBe(7);
  return err;
}

it('shows that something takes a while, and wipes that away', async () => {
  const err = await written(1000, true);
  expect(err).toContain('Reading on');
  expect(err.endsWith('\r\u001B[2K')).toBe(true);
});

it('says nothing of what is done at once', async () => {
  expect(await written(100, true)).toBe('');
});

it('says nothing where no terminal is', async () => {
  expect(await written(1000, false)).toBe('');
});

it('wipes it away when it fails', async () => {
  let err = '';
  const output = createOutput({ out: () => {}, err: (text) => void (err += text), isErrTty: true });
  const failing = withProgress(output, 'Reading', async () => {
    await vi.advanceTimersByTimeAsync(1000);
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  expect(err.endsWith('\r\u001B[2K')).toBe(true);
});

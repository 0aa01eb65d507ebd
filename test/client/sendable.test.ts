import { ServiceError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { ClientContext } from '../../src/client/context.ts';
import { Run } from '../../src/client/run.ts';
import { tooLarge } from '../../src/client/sendable.ts';
import { startRun } from '../../src/client/start.ts';

// There is nothing that could be asked.
const context = { taskQueue: 'agents' } as ClientContext;
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

const fromServer = (code: number, details: string): Error =>
  new ServiceError('Failed', { cause: Object.assign(new Error(details), { code, details, metadata: {} }) });

describe('what is said to a run', () => {
  it.each<[unknown, string]>([
    [undefined, 'is missing'],
    ['', 'is empty'],
    [[], 'is empty'],
    [{ sum: 1n }, 'cannot be written as JSON'],
    [cycle, 'cannot be written as JSON'],
  ])('is refused when no model could be told it (%#)', async (content, message) => {
    const refusal = { name: 'ConfigurationError', message: expect.stringContaining(message) };
    await expect(startRun(context, 'main', { input: content })).rejects.toMatchObject({ ...refusal, path: 'input' });
    const steered = new Run(context, { workflowId: 'run' }).steer(content as string);
    await expect(steered).rejects.toMatchObject({ ...refusal, path: 'content' });
  });

  it('is refused with metadata that cannot be sent', async () => {
    const started = startRun(context, 'main', { input: 'Hi', metadata: { id: 1n } as object as { id: string } });
    await expect(started).rejects.toMatchObject({ name: 'ConfigurationError', path: 'metadata' });
  });

  it.each([
    [3, 'Blob data size exceeds limit.'],
    [8, 'grpc: received message larger than max (5000000 vs. 4194304)'],
  ])('is told to be too large when the server says so', (code, details) => {
    expect(tooLarge('input', fromServer(code, details))?.message).toMatch(/^input: is too large.*about 2 MB/);
    expect(tooLarge('input', fromServer(14, details))).toBeUndefined();
    expect(tooLarge('input', fromServer(code, 'workflowId length exceeds limit.'))).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { Gates } from '../../../src/engines/bullmq/gates.ts';

/** A poll that waits until it is ended. */
const waiting = async (signal: AbortSignal): Promise<string> => {
  const ended = Promise.withResolvers<string>();
  signal.addEventListener('abort', () => ended.resolve('ended'));
  return await ended.promise;
};
const answering = async (): Promise<string> => 'answer';

describe('gates', () => {
  test('let polls through', async () => {
    expect(await new Gates().through('queue', undefined, answering)).toBe('answer');
  });

  test('end polls of a queue when it is closed, and no others', async () => {
    const gates = new Gates();
    const poll = gates.through('queue', undefined, waiting);
    gates.close('other');
    const later = gates.through('queue', undefined, waiting);
    gates.close('queue');
    expect(await Promise.all([poll, later])).toEqual(['ended', 'ended']);
  });

  test('hold polls back until they are opened', async () => {
    const gates = new Gates();
    gates.close('queue');
    let isThrough = false;
    const poll = gates.through('queue', undefined, answering).finally(() => (isThrough = true));
    expect(await gates.through('other', undefined, answering)).toBe('answer');
    expect(isThrough).toBe(false);
    gates.open('queue');
    expect(await poll).toBe('answer');
  });

  test('let callers go who give up, before and in a poll', async () => {
    const gates = new Gates();
    const caller = new AbortController();
    const inside = gates.through('queue', caller.signal, waiting);
    gates.close('other');
    const outside = gates.through('other', caller.signal, answering);
    caller.abort();
    expect(await Promise.all([inside, outside])).toEqual(['ended', undefined]);
    expect(await gates.through('other', caller.signal, answering)).toBeUndefined();
  });
});

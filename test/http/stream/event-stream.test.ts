import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../../src/client/events/event.ts';
import { jsonLinesEncoding, sseEncoding } from '../../../src/http/stream/encodings.ts';
import { eventStream } from '../../../src/http/stream/event-stream.ts';

function eventAt(index: number): RunEvent {
  return { type: 'run_resumed', id: `1.${index}.0.r`, at: '2026-01-01T00:00:00.000Z' };
}

/** Events without end, or as many as are told; counts how far it was read, and whether it was let go. */
function source(most = Infinity) {
  const state = { read: 0, isOver: false, push: (): void => {} };
  async function* events(signal: AbortSignal): AsyncGenerator<RunEvent, void> {
    try {
      while (state.read < most) yield eventAt(++state.read);
      // Then nothing happens until somebody says so.
      await new Promise<void>((resolve, reject) => {
        state.push = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    } finally {
      state.isOver = true;
    }
  }
  return { state, open: events };
}

const decoder = new TextDecoder();

describe('a stream of events', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('reads no further than its reader', async () => {
    const { state, open } = source();
    const onClose = vi.fn<() => void>();
    const body = eventStream({ open, encoding: sseEncoding(), signals: [], onClose });
    const reader = body.getReader();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.read).toBeLessThanOrEqual(1);
    for (let index = 0; index < 50; index++) await reader.read();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.read).toBeLessThanOrEqual(51);
    await reader.cancel();
    await vi.advanceTimersByTimeAsync(0);
    expect(state.isOver).toBe(true);
    expect(onClose).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says that it lives while nothing happens, and only then', async () => {
    const { open } = source(1);
    const body = eventStream({ open, encoding: sseEncoding(), signals: [], onClose: () => {} });
    const reader = body.getReader();
    const next = async (): Promise<string> => decoder.decode((await reader.read()).value);
    await expect(next()).resolves.toBe('retry: 1000\n\n');
    await expect(next()).resolves.toMatch(/^id: 1\.1\.0\.r\ndata: \{.*\}\n\n$/);
    const pending = next();
    await vi.advanceTimersByTimeAsync(14_999);
    await vi.advanceTimersByTimeAsync(1);
    await expect(pending).resolves.toBe(': alive\n\n');
    // Of those that nobody reads one is kept.
    await vi.advanceTimersByTimeAsync(150_000);
    await expect(next()).resolves.toBe(': alive\n\n');
    let isMore = false;
    void next().then(() => (isMore = true));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(isMore).toBe(false);
    await reader.cancel();
  });

  it.each([
    ['its client goes', 0],
    ['the server closes', 1],
  ])('ends when %s', async (_, which) => {
    const { state, open } = source(1);
    const stops = [new AbortController(), new AbortController()];
    const onClose = vi.fn<(error?: unknown) => void>();
    const signals = stops.map(({ signal }) => signal);
    const reader = eventStream({ open, encoding: jsonLinesEncoding(), signals, onClose }).getReader();
    await reader.read();
    const pending = reader.read();
    stops[which]?.abort();
    await expect(pending).resolves.toMatchObject({ done: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(state.isOver).toBe(true);
    expect(onClose).toHaveBeenCalledExactlyOnceWith(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not begin for a client that has gone', async () => {
    const { state, open } = source();
    const onClose = vi.fn<() => void>();
    const body = eventStream({ open, encoding: sseEncoding(), signals: [AbortSignal.abort()], onClose });
    await body.getReader().read();
    await vi.advanceTimersByTimeAsync(0);
    expect(state.read).toBe(0);
    expect(onClose).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is cut when the events break off, so that nobody takes that for the end', async () => {
    async function* open(): AsyncGenerator<RunEvent, void> {
      yield eventAt(1);
      throw new Error('no engine');
    }
    const onClose = vi.fn<(error?: unknown) => void>();
    const reader = eventStream({ open, encoding: jsonLinesEncoding(), signals: [], onClose }).getReader();
    await reader.read();
    await expect(reader.read()).rejects.toThrow('no engine');
    expect(onClose).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'no engine' }));
    expect(vi.getTimerCount()).toBe(0);
  });
});

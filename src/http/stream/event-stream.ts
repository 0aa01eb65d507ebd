import type { RunEvent, TokenEvent } from '../../client/events/event.ts';
import type { Encoding } from './encodings.ts';

/** How often a stream says that it lives, in milliseconds: often enough for proxies that cut silent connections. */
const HEARTBEAT_MS = 15_000;

/** What is streamed, and to whom. */
export interface EventStreamOptions {
  /** What happens, read one by one; it ends soon after the signal aborts. */
  readonly open: (signal: AbortSignal) => AsyncIterator<RunEvent | TokenEvent, void>;
  /** How it is written. */
  readonly encoding: Encoding;
  /** Any of these ends the stream: the client has gone, the server closes. */
  readonly signals: readonly AbortSignal[];
  /** Called once, when nothing is left of the stream, with why it broke if it did. */
  readonly onClose: (error?: unknown) => void;
  /** Milliseconds. Default: 15,000. */
  readonly heartbeat?: number;
}

/**
 * A body that follows a run. It reads an event only when the one before was taken: a slow client slows down the reading, and is never kept events for.
 * Nobody else holds the stream, so whoever drops it ends it.
 */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { encoding, signals } = options;
  const encoder = new TextEncoder();
  const stop = new AbortController();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let isOver = false;
  const events = options.open(stop.signal);
  const send = (text: string): void => {
    if (text !== '') controller.enqueue(encoder.encode(text));
  };
  const end = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(pulse);
    for (const signal of signals) signal.removeEventListener('abort', abort);
    stop.abort();
    // Lets go of what it holds, also when it was never begun. A read that is under way ends by the signal.
    void letGo(events);
    options.onClose(error);
  };
  const abort = (): void => {
    if (isOver) return;
    end();
    controller.close();
  };
  const pulse = setInterval(() => {
    if ((controller.desiredSize ?? 0) > 0) send(encoding.heartbeat);
  }, options.heartbeat ?? HEARTBEAT_MS);
  pulse.unref();
  return new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened;
        send(encoding.opening);
        for (const signal of signals) signal.addEventListener('abort', abort);
        if (signals.some(({ aborted }) => aborted)) abort();
      },
      async pull() {
        try {
          const { text, isLast } = await nextText(events, encoding);
          if (isOver) return;
          send(text);
          if (!isLast) return;
          end();
          controller.close();
        } catch (error) {
          if (isOver) return;
          end(error);
          // Cut off, not ended: so that the client comes again, and goes on after what it has.
          controller.error(error);
        }
      },
      cancel: () => end(),
    },
    { highWaterMark: 1 },
  );
}

/** What is to be sent next. */
async function nextText(
  events: AsyncIterator<RunEvent | TokenEvent, void>,
  encoding: Encoding,
): Promise<{ readonly text: string; readonly isLast: boolean }> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) return { text: encoding.closing, isLast: true };
    const text = encoding.encode(value);
    if (encoding.isOver) return { text: text + encoding.closing, isLast: true };
    if (text !== '') return { text, isLast: false };
  }
}

async function letGo(events: AsyncIterator<unknown>): Promise<void> {
  try {
    await events.return?.();
  } catch {
    // It was stopped; nobody reads it any more.
  }
}

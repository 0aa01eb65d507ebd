import type { RunEvent, TokenEvent } from '../../client/events/event.ts';
import { HEARTBEAT, OPENING, sseMessage } from './sse.ts';
import type { UiChunk } from './ui-chunk.ts';
import { UiEncoder } from './ui-encoder.ts';

/** How events are written. One is made for each stream. */
export interface Encoding {
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Said at once. */
  readonly opening: string;
  /** Said while nothing happens. Empty: nothing is. */
  readonly heartbeat: string;
  /** An event; empty when it is not shown. */
  encode(event: RunEvent | TokenEvent): string;
  /** Said when there are no more events. */
  readonly closing: string;
  /** Whether the stream ends here, although the run goes on. */
  readonly isOver: boolean;
}

const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Proxies of nginx would hold messages back.
  'x-accel-buffering': 'no',
};

/** Server-sent events: each event is a message with its id; tokens have none, so that a client never goes on after one. */
export function sseEncoding(): Encoding {
  return {
    headers: SSE_HEADERS,
    opening: OPENING,
    heartbeat: HEARTBEAT,
    encode: (event) => sseMessage({ ...('id' in event ? { id: event.id } : {}), data: JSON.stringify(event) }),
    closing: '',
    isOver: false,
  };
}

/** One event a line, as JSON. Empty lines say that the connection lives. */
export function jsonLinesEncoding(): Encoding {
  return {
    headers: { ...SSE_HEADERS, 'content-type': 'application/jsonl; charset=utf-8' },
    opening: '',
    heartbeat: '\n',
    encode: (event) => `${JSON.stringify(event)}\n`,
    closing: '',
    isOver: false,
  };
}

/** Which message of a run's conversation is sent. */
export interface UiMessageOptions {
  /** Of the run, as the client knows it. */
  readonly runId: string;
  /** Of the message. */
  readonly messageId: string;
  /** What happened before, and is in earlier messages. */
  readonly before?: readonly RunEvent[];
  /** Whether the message goes on that the events before are in. */
  readonly continues?: boolean;
  /** Whether it ends when the run waits for a person. Otherwise it ends when the run does. */
  readonly isTurn?: boolean;
}

/** The AI SDK's UI message stream, version 1. */
export function uiEncoding({ runId, messageId, before = [], continues, isTurn }: UiMessageOptions): Encoding {
  const encoder = new UiEncoder(runId);
  const first = continues === true ? encoder.start(messageId) : undefined;
  for (const event of before) encoder.encode(event);
  let isOver = false;
  return {
    headers: { ...SSE_HEADERS, 'x-vercel-ai-ui-message-stream': 'v1' },
    opening: written([first ?? encoder.start(messageId)]),
    heartbeat: HEARTBEAT,
    encode(event) {
      const chunks = encoder.encode(event);
      isOver = isTurn === true && encoder.isWaiting;
      return written(isOver ? [...chunks, ...encoder.pause()] : chunks);
    },
    closing: sseMessage({ data: '[DONE]' }),
    get isOver() {
      return isOver;
    },
  };
}

function written(chunks: readonly UiChunk[]): string {
  return chunks.map((chunk) => sseMessage({ data: JSON.stringify(chunk) })).join('');
}

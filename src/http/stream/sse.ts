/** A message of a stream of server-sent events. */
export interface SseMessage {
  /** What a client names by `Last-Event-ID` to go on after it. */
  readonly id?: string;
  /** Which listeners of an EventSource hear it. Default: `message`. */
  readonly event?: string;
  /** One value of JSON, so one line. */
  readonly data: string;
}

/** Says that the connection lives; no client shows it. */
export const HEARTBEAT = ': alive\n\n';

/** How long a client is to wait before it connects again, in milliseconds. */
const RETRY_MS = 1000;

/** The beginning of a stream: tells clients when to come back, and proxies that it has begun. */
export const OPENING: string = `retry: ${RETRY_MS}\n\n`;

/** A message as it is sent. */
export function sseMessage({ id, event, data }: SseMessage): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    // JSON has no line breaks of its own; whoever sends other text must not make fields of it.
    ...data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
  ];
  return `${lines.join('\n')}\n\n`;
}

import type { RunEvent, TokenEvent } from '../../client/events/event.ts';
import type { Principal } from '../auth/principal.ts';
import type { Call } from '../route.ts';
import type { Encoding } from './encodings.ts';
import { eventStream } from './event-stream.ts';

/** What is streamed. */
export interface StreamOptions {
  /** How it is written. */
  readonly encoding: Encoding;
  /** What happens, with the engine's ids. */
  readonly open: (signal: AbortSignal) => AsyncGenerator<RunEvent | TokenEvent, void, undefined>;
}

/** As far as timers go, in milliseconds: whoever streams for longer has to come again. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Answers a request with a stream, which ends when the client goes, its credential ends or the API is closed.
 * @throws HttpProblem when the credential has too many streams open.
 */
export function openStream(call: Call, { encoding, open }: StreamOptions): Response {
  const { request, api, principal, ids, requestId } = call;
  // Nobody would read a body.
  if (request.method === 'HEAD') return new Response(null, { headers: encoding.headers });
  // With the tenant: the same name may be somebody else there.
  const release = api.streams.take(ids.prefix + principal.id);
  const body = eventStream({
    encoding,
    signals: [request.signal, api.closing, ...endOf(principal)],
    open: async function* (signal) {
      for await (const event of open(signal)) yield ids.inValue(event);
    },
    onClose: (error) => {
      release();
      if (error !== undefined) api.logger.error('A stream of events broke off.', { requestId, error });
    },
  });
  return new Response(body, { headers: encoding.headers });
}

function endOf({ expiresAt }: Principal): AbortSignal[] {
  if (expiresAt === undefined) return [];
  return [AbortSignal.timeout(Math.ceil(Math.min(Math.max(0, expiresAt - Date.now()), LONGEST_TIMER)))];
}

import type { ClientContext, RunReference } from '../context.ts';
import type { RunEvent, TokenEvent } from './event.ts';
import { followEvents } from './follow.ts';
import { parseEventId } from './ids.ts';
import { TokenQueue } from './tokens.ts';

/** What a stream of events is to show. */
export interface EventsOptions {
  /** The id of the last event that is known already; what happened after it follows. Default: from the beginning. */
  readonly from?: string;
  /** Also shows what models say while they say it, as `token` events. They may be missing, and have no id. Default `false`. */
  readonly tokens?: boolean;
  /** Whether to wait for what happens next, until the run has ended. Without it the stream ends with what has happened so far. Default `true`. */
  readonly follow?: boolean;
  /** Ends the stream: it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The events of a run until it has ended. Whoever stops reading leaves nothing behind. */
export async function* streamEvents(
  context: ClientContext,
  run: RunReference,
  { from, tokens = false, follow = true, signal }: EventsOptions,
): AsyncGenerator<RunEvent | TokenEvent, void, undefined> {
  if (from !== undefined) parseEventId(from);
  const stop = new AbortController();
  const signals = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const queue = tokens ? new TokenQueue(await context.tokens()) : undefined;
  // Before history is read: what is said meanwhile must not be missed.
  queue?.listen(run.workflowId);
  const pages = followEvents(context.client, run, { from, signal: signals, follow });
  let page = pages.next();
  try {
    for (;;) {
      const found = await (queue === undefined ? page : Promise.race([page, queue.waiting()]));
      if (found === undefined) {
        yield* queue?.take() ?? [];
        continue;
      }
      if (found.done === true) return;
      for (const event of found.value) {
        queue?.heed(run.workflowId, event);
        yield event;
      }
      page = pages.next();
    }
  } finally {
    stop.abort();
    queue?.close();
    // The read that is under way ends by the signal; nobody waits for it.
    void page.catch(() => {});
  }
}

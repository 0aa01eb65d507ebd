import type { RunEvent, TokenEvent } from '../../client/events/event.ts';
import type { Run } from '../../client/run.ts';
import { InterruptedError } from '../errors.ts';
import type { CliOutput } from '../output.ts';
import type { EventView } from './view.ts';

/** What of a run is shown, and how. */
export interface FollowOptions {
  /** The id of the last event that is known already. */
  readonly from?: string | undefined;
  /** Also what models say while they say it. */
  readonly tokens?: boolean | undefined;
  /** Waits for what happens next, until the run has ended. Default `true`. */
  readonly follow?: boolean;
  /** Lines of JSON. Without it: `view`. */
  readonly json?: boolean | undefined;
  readonly view: EventView;
  /** What becomes of the run when the user lets go of it after an event, and how to come back. */
  readonly left: (from: string | undefined) => string;
  /** Called with each event, after it was shown. */
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Shows what happens in a run. Ctrl+C ends that, and leaves the run alone.
 * @throws InterruptedError, which says how to come back; RunNotFoundError, EngineUnavailableError; ConfigurationError for a wrong `from`.
 */
export async function followRun(run: Run<unknown>, output: CliOutput, options: FollowOptions): Promise<void> {
  const { from, tokens = false, follow = true, json = false, view, left, onEvent } = options;
  const controller = new AbortController();
  let last = from;
  const stop = output.onInterrupt(() => {
    view.end();
    controller.abort(new InterruptedError(left(last)));
  });
  try {
    const { signal } = controller;
    const reading = { signal, follow, ...(from === undefined ? {} : { from }) };
    const events: AsyncIterable<RunEvent | TokenEvent> = tokens
      ? run.events({ ...reading, tokens: true })
      : run.events(reading);
    for await (const event of events) {
      if (json) output.json({ runId: run.id, ...event });
      else view.show(event);
      if (event.type === 'token') continue;
      last = event.id;
      onEvent?.(event);
    }
    view.end();
  } finally {
    stop();
  }
}

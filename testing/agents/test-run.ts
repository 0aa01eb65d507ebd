import { followEvents } from '../../src/client/events/follow.ts';
import type { RunEvent } from '../../src/client/events/event.ts';
import type { Run } from '../../src/client/run.ts';
import type { Json } from '../../src/workflow/protocol/index.ts';
import type { TestEnvironment } from '../environment.ts';
import { describeEvents } from '../events/describe.ts';

/** What a run in a test can do beside what every run can. */
export interface RunExtras {
  /** What has happened so far. */
  eventsSoFar(): Promise<readonly RunEvent[]>;
  /**
   * Waits until something happens, and gives the first event of that type: `await run.until('input_requested')`. Time skips ahead meanwhile, and
   * stands still from then on.
   * @param options `after`: only what happens after this event counts.
   * @throws Error when the run ends without it; the message tells what happened instead.
   */
  until<Type extends RunEvent['type']>(
    type: Type,
    options?: { readonly after?: RunEvent },
  ): Promise<Extract<RunEvent, { readonly type: Type }>>;
}

/** A run in a test. */
export type TestRun<Output = Json> = Run<Output> & RunExtras;

/** Adds to a run what tests need. @param unlock lets time skip until it is called off. */
export function toTestRun<Output>(run: Run<Output>, env: TestEnvironment, unlock: () => () => void): TestRun<Output> {
  const eventsSoFar: RunExtras['eventsSoFar'] = async () => {
    const events: RunEvent[] = [];
    const { signal } = new AbortController();
    for await (const page of followEvents(
      env.client,
      { workflowId: run.id },
      { from: undefined, signal, follow: false },
    ))
      events.push(...page);
    return events;
  };
  const until: RunExtras['until'] = async (type, { after } = {}) => {
    const lock = unlock();
    try {
      for await (const event of run.events(after === undefined ? {} : { from: after.id }))
        if (event.type === type) return event as Extract<RunEvent, { readonly type: typeof type }>;
    } finally {
      lock();
    }
    throw new Error(
      `The run has ended without '${type}'${after === undefined ? '' : ` after ${after.type}`}.\n\nWhat happened:\n${describeEvents(await eventsSoFar())}`,
    );
  };
  return Object.assign(run, { eventsSoFar, until });
}

import type { RunEvent, RunEvents } from '../../src/client/events/event.ts';
import type { Run } from '../../src/client/run.ts';

/** Reads until an event of this type has come. */
export async function eventOf<Type extends keyof RunEvents>(
  run: Run<unknown>,
  type: Type,
): Promise<Extract<RunEvent, { readonly type: Type }>> {
  for await (const event of run.events()) {
    if (event.type === type) return event as Extract<RunEvent, { readonly type: Type }>;
  }
  throw new Error(`the run has ended without ${type}`);
}

/** All events of a run until it has ended. */
export async function allEvents(run: Run<unknown>, from?: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events(from === undefined ? {} : { from })) events.push(event);
  return events;
}

export function typesOf(events: readonly { readonly type: string }[]): string[] {
  return events.map(({ type }) => type);
}

import type { RunEvent, TokenEvent } from '../../src/client/events/event.ts';

/**
 * Where assertions find what has happened in a run: its events; a run of a test environment, for what has happened so far; or any run handle,
 * and then they wait until the run has ended.
 */
export type EventSource =
  | readonly RunEvent[]
  | { eventsSoFar(): Promise<readonly RunEvent[]> }
  | { events(): AsyncIterable<RunEvent | TokenEvent> };

/** The events of a source. @throws TypeError when it is none. */
export async function eventsOf(source: EventSource): Promise<readonly RunEvent[]> {
  if (isList(source)) return source;
  if (typeof source !== 'object' || source === null) throw noSource(source);
  if ('eventsSoFar' in source) return await source.eventsSoFar();
  if (!('events' in source)) throw noSource(source);
  const events: RunEvent[] = [];
  for await (const event of source.events()) if (event.type !== 'token') events.push(event);
  return events;
}

/** Waits until a run has ended, where there is something to wait for: time then skips ahead. However it ends, its events tell. */
export async function settled(source: EventSource): Promise<void> {
  if (typeof source === 'object' && source !== null && 'result' in source && typeof source.result === 'function')
    await (source.result as () => Promise<unknown>)().catch(() => undefined);
}

function isList(source: EventSource): source is readonly RunEvent[] {
  return Array.isArray(source);
}

function noSource(value: unknown): TypeError {
  return new TypeError(`Expected a run or a list of its events, and got ${typeof value}.`);
}

import { ConfigurationError } from '../../engine/index.ts';

/** Where an event stands in its run. */
export interface EventPosition {
  /** Of the run within its chain, from 1. */
  readonly generation: number;
  /** Of the history event that it comes from. */
  readonly eventId: number;
  /** Among the events that come from it, from 0. */
  readonly index: number;
  /** Of the run within its chain: so that going on need not read the runs before. */
  readonly runId: string;
}

const PATTERN = /^(\d{1,9})\.(\d{1,15})\.(\d{1,9})\.([^\s.]+)$/;

/** The id of the event at a position. */
export function formatEventId({ generation, eventId, index, runId }: EventPosition): string {
  return `${generation}.${eventId}.${index}.${runId}`;
}

/**
 * The position that an id stands for.
 * @throws ConfigurationError when it is no id of an event.
 */
export function parseEventId(id: string): EventPosition {
  const [, generation, eventId, index, runId] = PATTERN.exec(id) ?? [];
  if (runId === undefined) {
    throw new ConfigurationError('from', `'${id}' is no id of an event.`, {
      fix: 'Pass the `id` of an event of this run.',
    });
  }
  return { generation: Number(generation), eventId: Number(eventId), index: Number(index), runId };
}

/**
 * Orders the ids of events of one run, for `toSorted` and the like: negative when `left` is the earlier one.
 * @throws ConfigurationError when one of them is no id of an event.
 */
export function compareEventIds(left: string, right: string): number {
  const [a, b] = [parseEventId(left), parseEventId(right)];
  return a.generation - b.generation || a.eventId - b.eventId || a.index - b.index;
}

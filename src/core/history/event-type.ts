import { EventType } from '../proto.ts';
import type { HistoryEvent } from '../proto.ts';

/** The name of an event's type as the API's documentation has it, for example `TimerStarted`. */
export function eventTypeName(event: HistoryEvent): string {
  const name = EventType[event.eventType ?? 0] ?? 'EVENT_TYPE_UNSPECIFIED';
  return name
    .slice('EVENT_TYPE_'.length)
    .toLowerCase()
    .replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The one field that holds the attributes of events of this type. */
export function attributesField(typeName: string): string {
  return `${typeName.charAt(0).toLowerCase()}${typeName.slice(1)}EventAttributes`;
}

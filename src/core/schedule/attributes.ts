import type { temporal } from '@temporalio/proto';

type Attributes = temporal.api.common.v1.ISearchAttributes;

/** Lists of schedules find by it which are paused; nobody is shown it. */
const pausedName = 'TemporalSchedulePaused';

const encoder = new TextEncoder();

/** The value of a search attribute, as a server writes its own. @param type such as `Keyword`. */
export function searchAttribute(value: unknown, type: string): temporal.api.common.v1.IPayload {
  return {
    metadata: { encoding: encoder.encode('json/plain'), type: encoder.encode(type) },
    data: encoder.encode(JSON.stringify(value)),
  };
}

/** The search attributes of a schedule that is paused, or is not. */
export function withPaused(attributes: Attributes | undefined | null, paused: boolean): Attributes {
  return { indexedFields: { ...attributes?.indexedFields, [pausedName]: searchAttribute(paused, 'Bool') } };
}

/** The search attributes that a schedule was given; `undefined` when there are none. */
export function ownAttributes(attributes: Attributes | undefined | null): Attributes | undefined {
  const { [pausedName]: _, ...own } = attributes?.indexedFields ?? {};
  return Object.keys(own).length === 0 ? undefined : { indexedFields: own };
}

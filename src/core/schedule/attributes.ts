import type { temporal } from '@temporalio/proto';
import { jsonPayload } from '../payloads.ts';

type Attributes = temporal.api.common.v1.ISearchAttributes;

/** Lists of schedules find by it which are paused; nobody is shown it. */
const pausedName = 'TemporalSchedulePaused';

/** The search attributes of a schedule that is paused, or is not. */
export function withPaused(attributes: Attributes | undefined | null, paused: boolean): Attributes {
  return { indexedFields: { ...attributes?.indexedFields, [pausedName]: jsonPayload(paused, 'Bool') } };
}

/** The search attributes that a schedule was given; `undefined` when there are none. */
export function ownAttributes(attributes: Attributes | undefined | null): Attributes | undefined {
  const { [pausedName]: _, ...own } = attributes?.indexedFields ?? {};
  return Object.keys(own).length === 0 ? undefined : { indexedFields: own };
}

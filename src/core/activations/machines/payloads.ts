import type { HistoryEvent, Payload, Payloads } from '../../proto.ts';
import { fatal } from '../errors.ts';
import { describeEvent } from '../events.ts';

/** The one value of a result; `undefined` when there is no result. More than one is an error. */
export function singlePayload(payloads: Payloads | null | undefined, event: HistoryEvent): Payload | undefined {
  if (!payloads) return undefined;
  const [payload, ...more] = payloads.payloads ?? [];
  if (payload === undefined || more.length > 0) {
    throw fatal(`Not exactly one payload in result for event: ${describeEvent(event)}`);
  }
  return payload;
}

/** A list of values as a message, absent when empty. */
export function asPayloads(payloads: Payload[] | null | undefined): Payloads | undefined {
  return payloads && payloads.length > 0 ? { payloads } : undefined;
}

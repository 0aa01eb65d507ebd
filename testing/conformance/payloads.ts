import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

/** One value as a payload. */
export function payload(value: unknown): temporal.api.common.v1.IPayload {
  return defaultPayloadConverter.toPayload(value);
}

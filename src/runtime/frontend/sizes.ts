import type { temporal } from '@temporalio/proto';
import { BLOB_SIZE, BLOB_WARNING, LINKS, MEMO_SIZE, MESSAGE_SIZE } from '../../core/limits.ts';
import type { Failure, Payloads } from '../../core/proto.ts';
import { serverFailure, withinLimit } from '../../core/run/truncate.ts';
import { linkSize, memoSize, payloadsSize, roughSize } from '../../core/sizes.ts';
import { invalidArgument, messageTooLarge } from '../errors.ts';
import { workflowServiceMethods } from '../rpc-methods.ts';
import type { MethodName } from '../service.ts';

const methods = new Map(workflowServiceMethods.map((method) => [method.name, method]));

/** What is said of a value that is too large. */
export const blobTooLarge = 'Blob data size exceeds limit.';

/** @throws ServiceError RESOURCE_EXHAUSTED when a request is larger than gRPC servers take; nobody has looked at it then. */
export function requireTransportable(name: MethodName, request: object): void {
  // Nearly all are much smaller, and need not be encoded to see that; a text may become three times as long.
  if (roughSize(request) < MESSAGE_SIZE / 3) return;
  const size = methods.get(name)?.requestSize(request) ?? 0;
  if (size > MESSAGE_SIZE) throw messageTooLarge(size, MESSAGE_SIZE);
}

/** Whether values are larger than a server takes. */
export function isLargeBlob(payloads: Payloads | null | undefined): boolean {
  return payloadsSize(payloads) > BLOB_SIZE;
}

/** @throws ServiceError INVALID_ARGUMENT when values are larger than a server takes. */
export function requireBlob(payloads: Payloads | null | undefined): void {
  if (isLargeBlob(payloads)) throw invalidArgument(blobTooLarge);
}

/** @throws ServiceError INVALID_ARGUMENT when a memo is larger than a server takes. */
export function requireMemo(memo: temporal.api.common.v1.IMemo | null | undefined): void {
  if (memoSize(memo) > MEMO_SIZE) throw invalidArgument('Memo size exceeds limit.');
}

/** @throws ServiceError INVALID_ARGUMENT when there are too many links, or one of them is too large. */
export function requireLinks(links: readonly temporal.api.common.v1.ILink[] | null | undefined): void {
  const all = links ?? [];
  if (all.length > LINKS.count)
    throw invalidArgument(`cannot attach more than ${LINKS.count} links per request, got ${all.length}`);
  for (const link of all) {
    const size = linkSize(link);
    if (size > LINKS.bytes) throw invalidArgument(`link exceeds allowed size of ${LINKS.bytes}, got ${size}`);
  }
}

/** A reported failure as it is kept: one that is too large is cut. */
export function keptFailure(failure: Failure): Failure {
  return withinLimit(failure, BLOB_SIZE, BLOB_WARNING, true);
}

/** Why an activity fails that reports more than a server takes. */
export const tooLarge: Readonly<Record<'result' | 'heartbeat' | 'cancelDetails', Failure>> = {
  result: serverFailure('Complete result exceeds size limit.', true),
  heartbeat: serverFailure('Heartbeat details exceed size limit.', true),
  cancelDetails: serverFailure('Cancel details exceed size limit.', true),
};

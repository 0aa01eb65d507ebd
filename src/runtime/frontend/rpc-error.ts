import { StoreError } from '../../core/store.ts';
import { LimitExceeded } from '../../core/run/exceeded.ts';
import { internal, invalidArgument, isServiceError, unavailable } from '../errors.ts';

/**
 * What a caller gets for any error: RPC errors as they are; limits as `INVALID_ARGUMENT`; a failing store as `UNAVAILABLE`, which clients try again, or `INTERNAL`
 * where that is of no use; the rest as `INTERNAL`.
 */
export function toRpcError(error: unknown): Error {
  if (isServiceError(error)) return error;
  if (error instanceof LimitExceeded) return invalidArgument(error.message);
  if (error instanceof StoreError) {
    const make = error.code === 'corrupt' || error.code === 'gone' ? internal : unavailable;
    return Object.assign(make(error.message), { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(internal(message), { cause: error });
}

import type { ListPage, ListQuery } from '../../core/store.ts';
import { invalidArgument } from '../errors.ts';
import type { FrontendContext } from './context.ts';

/** Entries on a page, at most, and when nobody says. */
export const largestPage = 1000;

/** How many entries a page has that is asked for by this size. */
export function pageLimit(size: number | null | undefined): number {
  return size && size > 0 ? Math.min(size, largestPage) : largestPage;
}

/** A store's cursor out of the token of the page before; `undefined` at the beginning. */
export function cursorOf(token: Uint8Array | null | undefined): string | undefined {
  return token?.length ? new TextDecoder().decode(token) : undefined;
}

/** The token of the page after; empty at the end. */
export function pageToken(next: string | undefined): Uint8Array {
  return new TextEncoder().encode(next ?? '');
}

/** One page out of the store. @throws ServiceError INVALID_ARGUMENT when the cursor is none. */
export async function readPage(
  { store }: FrontendContext,
  query: Omit<ListQuery, 'cursor'>,
  cursor: string | undefined,
): Promise<ListPage> {
  try {
    return await store.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
  } catch (error) {
    throw error instanceof RangeError ? invalidArgument('Invalid NextPageToken.') : error;
  }
}

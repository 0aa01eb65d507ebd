import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { START_MEMO } from '../workflow/protocol/index.ts';
import { isNotFound } from './context.ts';

/** Tells a start from others: a hash of all that it says, whatever the order of names. */
export function fingerprint(start: unknown): string {
  const text = JSON.stringify(start, (_, value: unknown) => sorted(value));
  return createHash('sha256').update(text).digest('base64url');
}

/** Whether the run of an id was started by the very same start. */
export async function wasStartedSo(client: Client, workflowId: string, wanted: string): Promise<boolean> {
  try {
    const { memo } = await client.workflow.getHandle(workflowId).describe();
    return memo?.[START_MEMO] === wanted;
  } catch (error) {
    // Deleted meanwhile: its id is still in use as far as this start was told.
    if (!isNotFound(error)) throw error;
    return false;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

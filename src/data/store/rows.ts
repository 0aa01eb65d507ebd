import type { Json, JsonSchema } from '../../workflow/protocol/index.ts';
import type { DataEntry, DataSummary } from '../types.ts';

/** What is read of an entry for lists. */
export interface SummaryRow {
  readonly key: string;
  readonly value_bytes: number;
  readonly description: string | null;
  readonly agent: string;
  readonly workflow_id: string;
  readonly step_id: string | null;
  readonly written_at: Date;
  readonly expires_at: Date | null;
}

/** All that is read of an entry. JSON as text. */
export interface EntryRow extends SummaryRow {
  readonly value: string;
  readonly schema: string | null;
}

/** As it is given to users. */
export function toSummary(row: SummaryRow): DataSummary {
  return {
    key: row.key,
    bytes: row.value_bytes,
    agent: row.agent,
    workflowId: row.workflow_id,
    ...(row.step_id !== null && { step: row.step_id }),
    ...(row.description !== null && { description: row.description }),
    writtenAt: row.written_at.toISOString(),
    ...(row.expires_at !== null && { expiresAt: row.expires_at.toISOString() }),
  };
}

/** As it is given to users. */
export function toEntry(row: EntryRow): DataEntry {
  return {
    ...toSummary(row),
    value: JSON.parse(row.value) as Json,
    ...(row.schema !== null && { schema: JSON.parse(row.schema) as JsonSchema }),
  };
}

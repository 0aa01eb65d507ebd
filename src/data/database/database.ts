import type { Generated, Kysely } from 'kysely';

/** Our tables. */
export interface Tables {
  readonly entries: EntriesTable;
}

/** Values under keys. JSON is written and read as text, so that nobody changes it on the way. */
export interface EntriesTable {
  tenant: string;
  run_id: string;
  key: string;
  value: string;
  value_bytes: number;
  description: string | null;
  schema: string | null;
  agent: string;
  workflow_id: string;
  step_id: string | null;
  idempotency_key: string;
  written_at: Generated<Date>;
  expires_at: Date | null;
}

/** A database that is open. */
export interface Database {
  readonly db: Kysely<Tables>;
  /** What it is, for messages: without user and password. */
  readonly name: string;
  /** Lets go of it. */
  close(): Promise<void>;
}

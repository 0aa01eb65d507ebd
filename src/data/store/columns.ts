import { type AliasedRawBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';

/** What is read for lists. */
export const SUMMARY_COLUMNS = [
  'key',
  'value_bytes',
  'description',
  'agent',
  'workflow_id',
  'step_id',
  'written_at',
  'expires_at',
] as const;

/** JSON as it was written, and not as a driver understands it. */
export const JSON_COLUMNS: readonly [AliasedRawBuilder<string, 'value'>, AliasedRawBuilder<string | null, 'schema'>] = [
  sql<string>`value::text`.as('value'),
  sql<string | null>`schema::text`.as('schema'),
];

/** Whether an entry's time is not over. */
export const isAlive: RawBuilder<SqlBool> = sql<SqlBool>`(expires_at is null or expires_at > now())`;

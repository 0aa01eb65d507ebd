import { type QueryExecutorProvider, sql } from 'kysely';

/**
 * The table, what keeps it as it is written, and what deletes that is expired.
 *
 * Keys are compared byte by byte (`COLLATE "C"`), so that the keys with a prefix are a range of the index. The functions run with their owner's rights: the role
 * of an application may add and read, and make room by no other way than these. The policies say who sees what once row-level security is switched on; each
 * transaction says first which tenant and run it is for.
 */
export async function first(db: QueryExecutorProvider, schema: string): Promise<void> {
  const entries = sql.id(schema, 'entries');
  await sql`
    create table ${entries} (
      tenant text collate "C" not null,
      run_id text collate "C" not null,
      key text collate "C" not null,
      value json not null,
      value_bytes integer not null,
      description text,
      schema json,
      agent text collate "C" not null,
      workflow_id text collate "C" not null,
      step_id text,
      idempotency_key text not null,
      written_at timestamptz not null default now(),
      expires_at timestamptz,
      primary key (tenant, run_id, key)
    )`.execute(db);
  await sql`create index entries_by_agent on ${entries} (tenant, run_id, agent, key)`.execute(db);
  await sql`create index entries_by_expiry on ${entries} (expires_at) where expires_at is not null`.execute(db);
  await keepAsWritten(db, schema);
  await deleteExpired(db, schema);
  await separate(db, schema);
}

async function keepAsWritten(db: QueryExecutorProvider, schema: string): Promise<void> {
  await sql`
    create function ${sql.id(schema, 'refuse_update')}() returns trigger language plpgsql as $$
    begin
      raise exception 'workflow data is written once and never changed' using errcode = 'restrict_violation';
    end $$`.execute(db);
  await sql`
    create trigger entries_are_immutable before update on ${sql.id(schema, 'entries')}
    for each statement execute function ${sql.id(schema, 'refuse_update')}()`.execute(db);
}

async function deleteExpired(db: QueryExecutorProvider, schema: string): Promise<void> {
  const entries = sql.id(schema, 'entries');
  await sql`
    create function ${sql.id(schema, 'sweep')}(most integer) returns integer
    language sql security definer set search_path = pg_catalog, pg_temp as $$
      with gone as (
        delete from ${entries} where ctid = any (array(
          select ctid from ${entries} where expires_at <= now() order by expires_at limit most
        )) and expires_at <= now() returning 1
      )
      select count(*)::integer from gone
    $$`.execute(db);
  await sql`
    create function ${sql.id(schema, 'free_key')}(its_tenant text, its_run text, its_key text) returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
      delete from ${entries} where tenant = its_tenant and run_id = its_run and key = its_key and expires_at <= now()
    $$`.execute(db);
  await sql`revoke execute on function ${sql.id(schema, 'sweep')}(integer) from public`.execute(db);
  await sql`revoke execute on function ${sql.id(schema, 'free_key')}(text, text, text) from public`.execute(db);
}

async function separate(db: QueryExecutorProvider, schema: string): Promise<void> {
  const entries = sql.id(schema, 'entries');
  const own = sql`(
    tenant = current_setting('perdure.tenant', true) and run_id = current_setting('perdure.run', true)
  )`;
  await sql`create policy read_own on ${entries} for select using ${own}`.execute(db);
  await sql`create policy write_own on ${entries} for insert with check ${own}`.execute(db);
  // The functions above run as the owner, who sees what is expired beside what everybody sees, and deletes no more than that.
  const expired = sql`expires_at <= now()`;
  await sql`create policy owner_sees_expired on ${entries} for select to current_user using (${expired})`.execute(db);
  await sql`
    create policy owner_deletes on ${entries} for delete to current_user using (${own} or ${expired})`.execute(db);
}

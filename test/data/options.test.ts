import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPackage } from '../../src/data/load-package.ts';
import { completeOptions, targetOf, type WorkflowDataOptions } from '../../src/data/options.ts';
import { migrateWorkflowData, openWorkflowData, workflowData } from '../../src/data/index.ts';
import { ConfigurationError } from '../../src/engine/index.ts';

const url = 'postgresql://me:s3cret-pass@db.example:5432/app';

describe('where the data is', () => {
  it.each([
    [{}, {}, { kind: 'pglite', path: resolve('./.perdure/data') }],
    [{ memory: true }, { DATABASE_URL: url }, { kind: 'pglite', path: undefined }],
    [{ path: 'x' }, { DATABASE_URL: url }, { kind: 'pglite', path: resolve('x') }],
    [{ url }, { PERDURE_DATA_URL: 'postgres://other/x' }, { source: 'url' }],
    [{}, { PERDURE_DATA_URL: url, DATABASE_URL: 'postgres://other/x' }, { source: 'PERDURE_DATA_URL' }],
    [{}, { PERDURE_DATA_URL: '', DATABASE_URL: url }, { source: 'DATABASE_URL' }],
    [{ memory: false }, { DATABASE_URL: url }, { source: 'DATABASE_URL' }],
  ] as const)('%j with %j', (place, env, target) => {
    expect(targetOf(place, env)).toMatchObject(target);
  });
});

describe('options that are refused', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ url, path: 'x' }, 'path'],
    [{ path: 'x', memory: true }, 'memory'],
    [{ url: '' }, 'url'],
    [{ url: 'mysql://me:s3cret-pass@host/db' }, 'url'],
    [{ url: 'me:s3cret-pass@host' }, 'url'],
    [{ url: 'postgresql://me:s3cret-pass@[host' }, 'url'],
    [{ url: 5 }, 'url'],
    [{ path: ' ' }, 'path'],
    [{ memory: 'yes' }, 'memory'],
    [{ memory: true, schema: 'Data' }, 'schema'],
    [{ memory: true, schema: 'x"; drop schema public; --' }, 'schema'],
    [{ memory: true, schema: 'pg_data' }, 'schema'],
    [{ memory: true, schema: 'x'.repeat(64) }, 'schema'],
    [{ memory: true, tenant: 'x'.repeat(129) }, 'tenant'],
    [{ memory: true, tenant: 'a\0' }, 'tenant'],
    [{ memory: true, poolSize: 0 }, 'poolSize'],
    [{ memory: true, maxValueBytes: 0 }, 'maxValueBytes'],
    [{ memory: true, maxValueBytes: 2_000_000 }, 'maxValueBytes'],
    [{ memory: true, statementTimeout: 'soon' }, 'statementTimeout'],
    [{ memory: true, migrate: 'no' }, 'migrate'],
    [{ memory: true, pool: 5 }, 'pool'],
  ];

  it.each(wrong)('%j', async (options, path) => {
    for (const act of [() => openWorkflowData(options), async () => workflowData(options)]) {
      const error: unknown = await act().catch((each: unknown) => each);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ path });
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('s3cret-pass');
    }
  });

  it('of migrations, too', async () => {
    await expect(migrateWorkflowData({ memory: true, appRol: 'x' } as never)).rejects.toThrow(
      'there is no such setting',
    );
    await expect(migrateWorkflowData({ memory: true, appRole: '' })).rejects.toThrow('appRole');
  });

  it('of the environment, by its name', () => {
    expect(() => targetOf({}, { DATABASE_URL: 'mysql://me:s3cret-pass@host/db' })).toThrow(
      /^DATABASE_URL: is no URL of a PostgreSQL database/,
    );
  });
});

it('has defaults', () => {
  const options: WorkflowDataOptions = { memory: true };
  expect(completeOptions(options, {})).toEqual({
    target: { kind: 'pglite', path: undefined },
    schema: 'perdure_data',
    tenant: '',
    migrate: true,
    poolSize: 5,
    statementTimeout: 10_000,
    maxValueBytes: 262_144,
  });
});

describe('an optional package', () => {
  it('that is missing is named, with how to install it', async () => {
    const name: string = 'perdure-no-such-package';
    await expect(loadPackage(() => import(name), 'kysely pg')).rejects.toThrow(
      /^workflow data: it needs the packages kysely and pg\. Run npm install kysely pg\.$/,
    );
  });

  it('that fails otherwise says how', async () => {
    await expect(loadPackage(() => Promise.reject(new TypeError('broken')), 'kysely pg')).rejects.toThrow('broken');
  });
});

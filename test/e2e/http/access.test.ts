import { randomUUID } from 'node:crypto';
import { openWorkflowData } from 'perdure/data';
import { createApiKey } from 'perdure/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../../src/http/routes/index.ts';
import { AGENTS, KEYS, useHttpWorld } from './world.ts';

/** What the document says of an operation. */
interface Operation {
  readonly security: readonly object[];
  readonly 'x-perdure-role'?: 'viewer' | 'operator' | 'admin';
  readonly 'x-perdure-scope'?: string;
  readonly requestBody?: { readonly required?: boolean };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const WEAKER = { viewer: [], operator: ['viewer'], admin: ['viewer', 'operator'] } as const;
const narrow = createApiKey({ id: 'narrow', role: 'admin', scopes: ['nothing:read'] });
const late = createApiKey({ id: 'late', role: 'admin', expiresAt: '2020-01-01T00:00:00Z' });
const unknown = createApiKey({ id: 'unknown', role: 'admin' });
const twin = createApiKey({ id: 'admin', role: 'admin' });

const keys = [...Object.values(KEYS), narrow, late].map(({ record }) => record);
const limits = { requestsPerMinute: 1_000_000, failedLoginsPerMinute: 1_000_000 };
const data = await openWorkflowData({ memory: true });
afterAll(() => data.close());
const world = useHttpWorld({ type: 'embedded', memory: true }, { auth: { keys }, limits, data });

// Made of the document, so a new route is here by itself.
const { paths } = await documentOf();
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
const guarded = operations.filter(({ operation }) => operation.security.length > 0);

async function documentOf(): Promise<{
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}> {
  const { openapiDocument } = await import('../../../src/http/openapi.ts');
  return openapiDocument(ROUTES, false) as never;
}

/** An address of a route, with ids of a run that does not exist. */
function addressOf(path: string, id = 'some'): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(name === 'agent' ? 'echo' : id));
}

describe('every route', () => {
  it('is in the document, with its role', () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted(),
    );
    const open = operations.filter(({ operation }) => operation.security.length === 0).map(({ path }) => path);
    expect(open.toSorted()).toEqual(['/api/health', '/api/ready', '/api/tool-completions']);
    for (const { path, operation } of guarded) {
      expect(operation['x-perdure-role'], path).toMatch(/^(viewer|operator|admin)$/);
      expect(operation['x-perdure-scope'], path).toMatch(/^[a-z]+:(read|write)$/);
    }
  });

  it('reads with the role viewer, and changes with more', () => {
    const changing = guarded.filter(({ method, path }) => method !== 'GET' && !/quer(y|ies)/.test(path));
    expect(changing.filter(({ operation }) => operation['x-perdure-role'] === 'viewer')).toEqual([]);
  });

  it.each(guarded)('$method $path needs a credential', async ({ method, path }) => {
    const ask = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization };
      const {
        status,
        body,
        headers: answered,
      } = await world().ask(method, addressOf(path), undefined, {
        who: 'none',
        headers,
      });
      expect(body, authorization).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
      expect(answered.get('www-authenticate')).toMatch(/^Bearer /);
      return status;
    };
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer  ',
      'Bearer nonsense',
      'Bearer a.b.c',
      `Basic ${btoa('admin:admin')}`,
      KEYS.admin.key,
      `Bearer ${KEYS.admin.key}x`,
      `Bearer ${KEYS.admin.key.slice(0, -1)}`,
      `Bearer ${KEYS.admin.record.hash}`,
      `Bearer ${KEYS.viewer.key.replace('_viewer_', '_admin_')}`,
      `Bearer ${unknown.key}`,
      `Bearer ${twin.key}`,
      `Bearer ${late.key}`,
      `Bearer ${'a'.repeat(9000)}`,
    ];
    for (const credential of wrong) expect(await ask(credential)).toBe(401);
  });

  it.each(guarded)('$method $path takes no credential from the query', async ({ method, path }) => {
    const address = `${addressOf(path)}?access_token=${KEYS.admin.key}&token=${KEYS.admin.key}&api_key=${KEYS.admin.key}`;
    expect((await world().ask(method, address, undefined, { who: 'none' })).status).toBe(401);
  });

  it.each(guarded)('$method $path needs its role and scope', async ({ method, path, operation }) => {
    const role = operation['x-perdure-role'] ?? 'admin';
    const forbidden = { code: 'FORBIDDEN', status: 403 };
    for (const weaker of WEAKER[role])
      expect((await world().ask(method, addressOf(path), undefined, { who: weaker })).body).toMatchObject(forbidden);
    const headers = { authorization: `Bearer ${narrow.key}` };
    const scoped = await world().ask(method, addressOf(path), undefined, { who: 'none', headers });
    expect(scoped.body).toMatchObject(forbidden);
    const enough = await world().ask(method, addressOf(path), undefined, { who: role });
    expect([401, 403]).not.toContain(enough.status);
    expect(enough.status).toBeLessThan(500);
  });
});

/** The least that each route takes, so that nothing but the id can be refused. */
const BODIES: Readonly<Record<string, unknown>> = {
  '/api/runs/{id}/replies': { content: 'x' },
  '/api/runs/{id}/approvals': { approved: true },
  '/api/runs/{id}/provided': { value: 1 },
  '/api/runs/{id}/tool-results': { result: 1 },
  '/api/runs/{id}/steer': { content: 'x' },
  '/api/runs/{id}/data/query': { pattern: '*' },
  '/api/runs/{id}/data-query': { pattern: '*' },
  '/api/runs/{id}/data/{key}': { value: 1 },
};

describe('another tenant', () => {
  const id = `theirs-${randomUUID()}`;
  const withRun = guarded.filter(({ path }) => /\/api\/runs\/\{id\}/.test(path));
  const others = [id, `acme~${id}`, `${id}/s1.1.asker`, `../acme~${id}`, `beta~../acme~${id}`];

  beforeAll(async () => {
    await world().ask('POST', '/api/runs', { agent: 'boss', id, input: 'Hi' }, { who: 'acme' });
    for await (const { type } of world().perdure.run(`acme~${id}`).events()) if (type === 'input_requested') break;
  });

  it.each(withRun)('does not see the run by $method $path', async ({ method, path }) => {
    for (const each of others) {
      const body = method === 'GET' ? undefined : (BODIES[path] ?? {});
      const { status, body: problem } = await world().ask(method, addressOf(path, each), body, { who: 'beta' });
      expect([status, problem.code], each).toEqual([404, expect.stringMatching(/^(RUN|DATA)_NOT_FOUND$/)]);
      expect(JSON.stringify(problem)).not.toContain('beta~acme');
    }
  });

  it.each(guarded.filter(({ method, path }) => method === 'GET' && !path.includes('{')))(
    'finds nothing of it in $method $path',
    async ({ method, path }) => {
      const { body } = await world().ask(method, path, undefined, { who: 'beta' });
      expect(JSON.stringify(body)).not.toContain(id);
    },
  );

  it('has left the run as it was', async () => {
    const { body } = await world().ask('GET', `/api/runs/${id}`, undefined, { who: 'acme' });
    expect(body).toMatchObject({ id, status: 'running', waits: [{ kind: 'input' }] });
    expect(AGENTS.length).toBeGreaterThan(0);
  });
});

import { randomUUID } from 'node:crypto';
import { openWorkflowData, type WorkflowData } from 'perdure/data';
import { serveApi } from 'perdure/http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asking, ENGINES, type HttpWorld, useHttpWorld } from './world.ts';

describe.each(ENGINES.filter(([, isThere]) => isThere))('the service over HTTP on %s', (name, _isThere, config) => {
  const world = useHttpWorld(config);

  it('says that it lives, and that its engine does, to everybody', async () => {
    const { ask } = world();
    await expect(ask('GET', '/api/health', undefined, { who: 'none' })).resolves.toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    const ready = await ask('GET', '/api/ready', undefined, { who: 'none' });
    expect([ready.status, ready.body]).toEqual([200, { status: 'healthy' }]);
  });

  it('tells of its engine', async () => {
    const { status, body } = await world().ask('GET', '/api/engine', undefined, { who: 'viewer' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name, features: expect.any(Array), health: { status: 'healthy' } });
    expect(body.health.activeRuns).toBeTypeOf('number');
  });

  it('counts for Prometheus, by routes and not by what was asked', async () => {
    const { ask } = world();
    await ask('GET', '/api/runs/counted-1');
    await ask('GET', '/api/runs/counted-2');
    await ask('GET', '/nowhere/counted-3');
    const { status, headers, body } = await ask('GET', '/metrics', undefined, { who: 'viewer' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('version=0.0.4');
    expect(body).toMatch(/perdure_http_requests_total\{method="get",route="\/api\/runs\/\{id\}",status="404"\} \d+/);
    expect(body).toContain('perdure_http_requests_total{method="other",route="none",status="404"}');
    expect(body).toContain(`perdure_engine_up{engine="${name}"} 1`);
    expect(body).toMatch(/perdure_engine_active_runs\{engine="\w+"\} \d+/);
    expect(body).toMatch(/perdure_http_request_duration_seconds_count\{method="get",route="\/api\/runs\/\{id\}"\} \d+/);
    expect(body).not.toContain('counted-');
  });

  it('shows agents and their schemas, and nothing that is theirs alone', async () => {
    const { ask } = world();
    const list = await ask('GET', '/api/agents', undefined, { who: 'viewer' });
    expect(list.body.agents.map((agent: { name: string }) => agent.name)).toContain('cashier');
    const { body } = await ask('GET', '/api/agents/cashier');
    expect(body).toMatchObject({
      name: 'cashier',
      model: 'fake/scripted',
      takes: 'text',
      tools: [{ name: 'refund', completion: 'sync', needsApproval: true, inputSchema: { required: ['amount'] } }],
      limits: { steps: expect.any(Number) },
    });
    expect(JSON.stringify(body)).not.toContain('Refund.');
    expect((await ask('GET', '/api/agents/typed')).body).toMatchObject({
      takes: 'json',
      inputSchema: { properties: { order: { type: 'number' } } },
    });
    expect((await ask('GET', '/api/agents/boss')).body).toMatchObject({ agents: [{ name: 'asker' }] });
    for (const missing of ['nobody', '__proto__', 'constructor']) {
      expect((await ask('GET', `/api/agents/${missing}`)).status).toBe(404);
    }
  });

  it('has an inbox of all that is waited for, by pages and filters, each with how it is answered', async () => {
    const { perdure, ask } = world();
    const prefix = `acme~inbox-${randomUUID()}`;
    const starts = { asker: 'a', cashier: 'b', shipper: 'c', boss: 'd' } as const;
    for (const [agent, letter] of Object.entries(starts))
      await perdure.start(agent, { id: prefix + letter, input: 'Hi' });
    const mine = (waits: { runId: string }[]) => waits.map(({ runId }) => runId).toSorted();
    const ids = ['a', 'b', 'c', 'd'].map((letter) => prefix.slice('acme~'.length) + letter);
    await vi.waitFor(
      async () => expect(mine((await ask('GET', '/api/inbox', undefined, { who: 'acme' })).body.waits)).toEqual(ids),
      { timeout: 20_000 },
    );
    expect((await ask('GET', '/api/inbox', undefined, { who: 'beta' })).body.waits).toEqual([]);
    const pages: { runId: string }[] = [];
    for (let query = '?limit=1'; query !== '';) {
      const { body } = await ask('GET', `/api/inbox${query}`, undefined, { who: 'acme' });
      pages.push(...body.waits);
      query = body.cursor === undefined ? '' : `?limit=1&cursor=${body.cursor}`;
    }
    expect(mine(pages)).toEqual(ids);
    const of = async (query: string) =>
      (await ask('GET', `/api/inbox?${query}`, undefined, { who: 'acme' })).body.waits;
    expect(mine(await of('kind=approval'))).toEqual([ids[1]]);
    expect(mine(await of('agent=asker'))).toEqual([ids[0], ids[3]]);
    const [below] = await of(`run=${ids[3]}`);
    expect(below).toMatchObject({ runId: ids[3], wait: { kind: 'input', workflowId: `${ids[3]}/s1.1.asker` } });
    expect((await ask('GET', '/api/inbox?cursor=forged')).status).toBe(422);
    const { method, path, waitId } = (await of('kind=approval'))[0].answer;
    expect([method, path, waitId]).toEqual(['POST', `/api/runs/${ids[1]}/approvals`, 's1.1']);
    for (const id of ids) await perdure.run(`acme~${id}`).abort();
  });
});

describe('an engine that is away', () => {
  const world = useHttpWorld({ type: 'embedded', memory: true });

  it('makes the service live on, unready', async () => {
    const { perdure } = world();
    const engine = new Proxy(perdure.engine, {
      get: (target, key) =>
        key === 'health' ? async () => ({ status: 'unhealthy', error: 'SECRET host' }) : Reflect.get(target, key),
    });
    const away = new Proxy(perdure, {
      get: (target, key) => {
        if (key === 'engine') return engine;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const server = await serveApi({ perdure: away, port: 0 });
    const ask = asking(server.url);
    expect((await ask('GET', '/api/health')).status).toBe(200);
    const { status, body } = await ask('GET', '/api/ready');
    expect([status, body.code]).toEqual([503, 'NOT_READY']);
    expect(JSON.stringify(body)).not.toContain('SECRET');
    const { body: metrics } = await ask('GET', '/metrics');
    expect(metrics).toContain('perdure_engine_up{engine="embedded"} 0');
    expect(metrics).not.toContain('perdure_engine_active_runs{');
    await server.close();
  });
});

describe('workflow data over HTTP', () => {
  const world = useHttpWorld({ type: 'embedded', memory: true });
  let data: WorkflowData;
  let ask: HttpWorld['ask'];
  let stop: () => Promise<void>;
  beforeAll(async () => {
    data = await openWorkflowData({ memory: true });
    const { perdure } = world();
    const { KEYS } = await import('./world.ts');
    const keys = Object.values(KEYS).map(({ record }) => record);
    const server = await serveApi({ perdure, data, auth: { keys }, port: 0 });
    ask = asking(server.url);
    stop = async () => {
      await server.close();
      await data.close();
    };
  }, 60_000);
  afterAll(() => stop());

  it('is written once, read, listed and queried', async () => {
    await (await world().perdure.start('echo', { id: 'with/data', input: 'Hi' })).result();
    const path = '/api/runs/with%2Fdata/data';
    const value = { total: 7, unicode: 'żółć 🙂', list: [1, null, true] };
    const body = { value, metadata: { description: 'The sum.', schema: { type: 'object' } } };
    const written = await ask('PUT', `${path}/orders%2F1042`, body, { who: 'operator' });
    expect(written.status).toBe(201);
    expect(written.body).toMatchObject({ key: 'orders/1042', value, agent: 'key:operator', workflowId: 'with/data' });
    const read = await ask('GET', `${path}/orders%2F1042`, undefined, { who: 'viewer' });
    expect(read.body).toEqual(written.body);
    const again = await ask('PUT', `${path}/orders%2F1042`, body);
    expect([again.status, again.body.code]).toEqual([409, 'DATA_EXISTS']);
    const headers = { 'idempotency-key': 'k1' };
    for (const _ of [1, 2]) expect((await ask('PUT', `${path}/b`, { value: 1 }, { headers })).status).toBe(201);
    const list = await ask('GET', `${path}?limit=1`);
    expect(list.body).toMatchObject({ entries: [{ key: 'b', bytes: 1 }], cursor: expect.any(String) });
    const next = await ask('GET', `${path}?limit=1&cursor=${encodeURIComponent(list.body.cursor)}`);
    expect(next.body).toMatchObject({ entries: [{ key: 'orders/1042' }] });
    expect((await ask('GET', `${path}?prefix=orders%2F`)).body.entries).toHaveLength(1);
    expect((await ask('GET', `${path}?agent=nobody`)).body.entries).toEqual([]);
    const found = await ask('POST', path.replace(/data$/, 'data-query'), { pattern: 'orders/*' }, { who: 'viewer' });
    expect(found.body.entries).toEqual([written.body]);
  });

  it('of a sub-agent is that of the run at its root', async () => {
    await world().perdure.start('boss', { id: 'acme~root', input: 'Hi' });
    for await (const { type } of world().perdure.run('acme~root').events()) if (type === 'input_requested') break;
    const who = { who: 'acme' } as const;
    const { body: tree } = await world().ask('GET', '/api/runs/root/tree', undefined, who);
    const below = `/api/runs/${encodeURIComponent(tree.children[0].run.id)}`;
    expect((await ask('PUT', `${below}/data/from-below`, { value: 1 }, who)).body).toMatchObject({
      workflowId: tree.children[0].run.id,
    });
    await ask('PUT', '/api/runs/root/data/from-above', { value: 2 }, who);
    const seen = [
      ...(await ask('GET', `${below}/data`, undefined, who)).body.entries,
      ...(await ask('POST', `${below}/data-query`, { pattern: '*' }, who)).body.entries,
      (await ask('GET', `${below}/data/from-above`, undefined, who)).body,
      (await ask('GET', '/api/runs/root/data/from-below', undefined, who)).body,
    ].map(({ key }) => key as string);
    expect(seen).toEqual(['from-above', 'from-below', 'from-above', 'from-below', 'from-above', 'from-below']);
    expect((await ask('GET', `${below}/data/none`, undefined, who)).body.code).toBe('DATA_NOT_FOUND');
  });

  it('is checked, and belongs to its run and tenant', async () => {
    const { perdure } = world();
    await (await perdure.start('echo', { id: 'acme~own', input: 'Hi' })).result();
    expect((await ask('PUT', '/api/runs/own/data/a', { value: 1 }, { who: 'acme' })).status).toBe(201);
    expect((await ask('GET', '/api/runs/own/data/a', undefined, { who: 'acme' })).body).toMatchObject({
      workflowId: 'own',
    });
    for (const id of ['own', 'acme~own']) {
      expect((await ask('GET', `/api/runs/${id}/data/a`, undefined, { who: 'beta' })).status).toBe(404);
      expect((await ask('PUT', `/api/runs/${id}/data/b`, { value: 1 }, { who: 'beta' })).status).toBe(404);
      expect((await ask('GET', `/api/runs/${id}/data`, undefined, { who: 'beta' })).status).toBe(404);
    }
    expect((await ask('PUT', '/api/runs/nobody/data/a', { value: 1 })).status).toBe(404);
    for (const [key, body] of [
      ['a', {}],
      ['a%00b', { value: 1 }],
      ['k'.repeat(600), { value: 1 }],
      ['a', { value: 1, metadata: { schema: { type: 'string' } } }],
      ['a', { value: 1, metadata: { ttl: 0 } }],
      ['a', { value: 'a\u0000b' }],
    ] as const) {
      expect([key, (await ask('PUT', `/api/runs/acme~own/data/${key}`, body)).status]).toEqual([key, 422]);
    }
    expect((await ask('PUT', '/api/runs/acme~own/data/c', { value: 1 }, { who: 'viewer' })).status).toBe(403);
  });

  it('is not there when the API has none', async () => {
    const { status, body } = await world().ask('GET', '/api/runs/x/data');
    expect([status, body.code]).toEqual([501, 'NO_DATA']);
  });
});

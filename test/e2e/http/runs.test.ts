import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ENGINES, tokens, useHttpWorld } from './world.ts';

describe.each(ENGINES.filter(([, isThere]) => isThere))('runs over HTTP on %s', (_name, _isThere, config) => {
  const world = useHttpWorld(config);
  const at = (id: string, rest = ''): string => `/api/runs/${encodeURIComponent(id)}${rest}`;
  const start = async (agent: string, id: string, who: 'admin' | 'acme' = 'admin', input: unknown = 'Hi') => {
    const { status, body } = await world().ask('POST', '/api/runs', { agent, id, input }, { who });
    expect([status, body]).toEqual([202, { id }]);
  };
  const waits = async (id: string, kind: string, who: 'admin' | 'acme' = 'admin') => {
    const read = async () => (await world().ask('GET', at(id), undefined, { who })).body.waits;
    await expect.poll(async () => (await read())[0]?.kind).toBe(kind);
    return (await read())[0];
  };
  const ends = async (id: string, who: 'admin' | 'acme' = 'admin') => {
    const read = async () => (await world().ask('GET', at(id), undefined, { who })).body;
    await expect.poll(async () => (await read()).endedAt).toBeDefined();
    return await read();
  };

  it('are started and come to a result', async () => {
    const { ask } = world();
    const id = `été/~${randomUUID()} ✓`;
    const started = await ask('POST', '/api/runs', { agent: 'echo', id, input: 'Hi', metadata: { customer: 7 } });
    expect([started.status, started.body]).toEqual([202, { id }]);
    expect(started.headers.get('location')).toBe(at(id));
    const run = await ends(id);
    expect(run).toMatchObject({ id, agent: 'echo', status: 'completed', waits: [], result: { finish: 'complete' } });
    expect(run.result.output).toContain('Hi');
    const head = await ask('HEAD', at(id));
    expect([head.status, head.body]).toEqual([200, '']);
    expect((await ask('POST', '/api/runs', { agent: 'echo', id, input: 'Hi' })).body.code).toBe('RUN_EXISTS');
  });

  it('are not found', async () => {
    const { status, headers, body } = await world().ask('GET', '/api/runs/no%2Fsuch~run%20%E2%9C%93');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'RUN_NOT_FOUND', status: 404, type: 'urn:perdure:problem:run-not-found' });
    expect(body.detail).toContain("'no/such~run ✓'");
  });

  it('are started once by an Idempotency-Key', async () => {
    const { ask, perdure, server } = world();
    const headers = { 'idempotency-key': randomUUID() };
    const body = { agent: 'echo', input: 'Hi', metadata: { a: 1, b: 2 } };
    const [one, two] = await Promise.all([1, 2].map(() => ask('POST', '/api/runs', body, { headers })));
    expect([one?.status, two?.status]).toEqual([202, 202]);
    expect(one?.body).toEqual(two?.body);
    await perdure.run(one?.body.id).result();
    const again = await ask('POST', '/api/runs', '{"metadata":{"b":2,"a":1},"input":"Hi","agent":"echo"}', { headers });
    expect([again.status, again.body]).toEqual([202, one?.body]);
    const other = await ask('POST', '/api/runs', { ...body, input: 'Bye' }, { headers });
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    const both = await ask('POST', '/api/runs', { ...body, id: 'mine' }, { headers });
    expect(both.body).toMatchObject({ status: 422, errors: [{ pointer: 'header.idempotency-key' }] });
    const tenant = await ask('POST', '/api/runs', { ...body, input: 'Bye' }, { headers, who: 'acme' });
    expect(tenant.status).toBe(202);
    expect(server.url).toContain('http://127.0.0.1:');
  });

  it('are not started with what their agent does not take', async () => {
    const { ask } = world();
    const refused = async (body: unknown) => {
      const { status, body: problem } = await ask('POST', '/api/runs', body);
      return [status, problem.code, problem.errors?.map(({ pointer }: { pointer: string }) => pointer)];
    };
    expect(await refused({ agent: 'typed', input: { order: 'x', more: 1 } })).toEqual([
      422,
      'INVALID_REQUEST',
      ['/input/order', '/input'],
    ]);
    expect(await refused({ agent: 'typed', input: { order: 1 }, metdata: {} })).toEqual([
      422,
      'INVALID_REQUEST',
      ['/metdata'],
    ]);
    expect(await refused({ agent: 'echo', input: '' })).toEqual([422, 'INVALID_REQUEST', ['/input']]);
    expect(await refused({ agent: 'echo' })).toEqual([422, 'INVALID_REQUEST', ['/input']]);
    expect(await refused({ agent: 'nobody', input: 'Hi' })).toEqual([404, 'AGENT_NOT_FOUND', undefined]);
    expect(await refused({ agent: 'echo', input: 'Hi', limits: { duration: 'soon' } })).toEqual([
      422,
      'CONFIGURATION',
      ['/limits/duration'],
    ]);
    expect(await refused({ agent: 'echo', input: 'Hi', id: '..' })).toEqual([422, 'INVALID_REQUEST', ['/id']]);
    // Servers count bytes.
    expect(await refused({ agent: 'echo', input: 'Hi', id: '\u{1F469}'.repeat(251) })).toEqual([
      422,
      'INVALID_REQUEST',
      ['/id'],
    ]);
    const mine = await ask(
      'POST',
      '/api/runs',
      { agent: 'echo', input: 'Hi', id: '\u{1F469}'.repeat(250) },
      { who: 'acme' },
    );
    expect([mine.status, mine.body.code]).toEqual([422, 'CONFIGURATION']);
    expect(await refused({ agent: 'echo', input: 'Hi', id: 'a\u0000' })).toEqual([422, 'INVALID_REQUEST', ['/id']]);
  });

  it('are listed by page and filter', async () => {
    const { ask, perdure } = world();
    const prefix = `list-${randomUUID()}-`;
    for (const n of [1, 2, 3]) await start('echo', prefix + n);
    await Promise.all([1, 2, 3].map((n) => perdure.run(prefix + n).result()));
    const list = async (query: string) => await ask('GET', `/api/runs?idPrefix=${prefix}&${query}`);
    await expect.poll(async () => (await list('status=completed')).body.runs.length).toBe(3);
    const first = await list('limit=2&status=completed,failed');
    expect(first.body.runs).toHaveLength(2);
    const second = await list(`limit=2&cursor=${first.body.cursor}`);
    expect(second.body.runs).toHaveLength(1);
    const all = [...first.body.runs, ...second.body.runs].map(({ id }) => id as string);
    expect(all.toSorted()).toEqual([1, 2, 3].map((n) => prefix + n));
    expect((await list('agent=nobody')).body.runs).toEqual([]);
    expect((await list('startedAfter=2999-01-01T00:00:00Z')).body.runs).toEqual([]);
    expect((await list('cursor=nonsense')).body).toMatchObject({ status: 422, errors: [{ pointer: '/cursor' }] });
    // Moments that servers cannot read.
    for (const moment of [8.64e15, -8.64e15, -1, Date.UTC(10_000, 0)]) {
      const cursor = Buffer.from(JSON.stringify([moment])).toString('base64url');
      expect((await list(`cursor=${cursor}`)).body).toMatchObject({ status: 422, errors: [{ pointer: '/cursor' }] });
    }
    for (const [from, until] of [
      ['0000-01-01T00:00:00%2B01:00', '9999-12-31T23:59:59-01:00'],
      ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
    ])
      expect((await list(`startedAfter=${from}&startedBefore=${until}`)).body.runs).toHaveLength(3);
    expect((await list('status=odd')).status).toBe(422);
    expect((await list('limit=0')).status).toBe(422);
    expect((await list('limt=1')).body.errors).toEqual([{ pointer: 'query.limt', detail: 'Unknown name.' }]);
  });

  it('are answered', async () => {
    const { ask } = world();
    const id = randomUUID();
    await start('asker', id);
    const wait = await waits(id, 'input');
    const empty = await ask('POST', at(id, '/replies'), { content: '' });
    expect([empty.status, empty.body.code]).toEqual([422, 'ANSWER_REFUSED']);
    expect((await ask('POST', at(id, '/replies'), {})).body.errors).toMatchObject([{ pointer: '/content' }]);
    expect((await ask('POST', at(id, '/replies'), { content: '1042', waitId: wait.id })).status).toBe(204);
    expect((await ends(id)).result.output).toContain('1042');
    expect((await ask('POST', at(id, '/replies'), { content: '1042', waitId: wait.id })).status).toBe(204);
    const late = await ask('POST', at(id, '/replies'), { content: '1043', waitId: wait.id });
    expect([late.status, late.body.code]).toEqual([409, 'RUN_ENDED']);
  });

  it('record who has decided', async () => {
    const { ask, perdure } = world();
    const id = randomUUID();
    await start('cashier', id);
    await waits(id, 'approval');
    const { status } = await ask('POST', at(id, '/approvals'), { approved: true, reason: 'fine' }, { who: 'operator' });
    expect(status).toBe(204);
    expect((await ends(id)).result.output).toContain('refunded 200');
    const outcomes = [];
    for await (const event of perdure.run(id).events())
      if (event.type === 'wait_answered') outcomes.push(event.outcome);
    expect(outcomes).toEqual([{ type: 'value', value: { approved: true, reason: 'fine', by: 'key:operator' } }]);

    const other = randomUUID();
    await start('cashier', other);
    await waits(other, 'approval');
    expect((await ask('POST', at(other, '/approvals'), { approved: false, reason: 'too much' })).status).toBe(204);
    expect((await ends(other)).result.output).toContain('too much');
    expect((await ask('POST', at(other, '/approvals'), { approved: true, by: 'somebody' })).status).toBe(422);
  });

  it('take the result of an async tool by its token, and by id', async () => {
    const { ask } = world();
    const id = randomUUID();
    await start('shipper', id);
    await waits(id, 'tool');
    const complete = async (body: object) => await ask('POST', '/api/tool-completions', body, { who: 'none' });
    const token = tokens.at(-1);
    expect((await complete({ token: 'made-up', result: 1 })).body).toMatchObject({
      status: 403,
      code: 'ANSWER_REFUSED',
    });
    expect((await complete({ token, result: 1, error: 'both' })).status).toBe(422);
    expect((await complete({ token, result: { parcel: 7 } })).status).toBe(204);
    expect((await ends(id)).result.output).toContain('parcel');
    expect((await complete({ token, result: { parcel: 7 } })).status).toBe(204);
    expect((await complete({ token, result: { parcel: 8 } })).body.code).toBe('RUN_ENDED');

    const other = randomUUID();
    await start('shipper', other);
    await waits(other, 'tool');
    expect((await ask('POST', at(other, '/tool-results'), { error: 'lost at sea' })).status).toBe(204);
    expect((await ends(other)).result.output).toContain('lost at sea');
  });

  it('are steered, signalled, asked, cancelled and terminated', async () => {
    const { ask } = world();
    const id = randomUUID();
    await start('asker', id);
    await waits(id, 'input');
    expect((await ask('POST', at(id, '/steer'), { content: 'Be brief.' })).status).toBe(202);
    expect((await ask('POST', at(id, '/steer'), { content: '' })).status).toBe(422);
    expect((await ask('POST', at(id, '/signals/mine'), { payload: [1] })).status).toBe(202);
    expect((await ask('POST', at(id, '/signals/perdure.childEnded'), { payload: {} })).status).toBe(422);
    const asked = await ask('POST', at(id, '/queries/pending'), undefined, { who: 'viewer' });
    expect(asked.body.result).toMatchObject([{ kind: 'input' }]);
    const trace = await ask('POST', at(id, '/queries/__stack_trace'), undefined, { who: 'viewer' });
    expect(trace.body.result).toMatch(/^ +at /m);
    expect((await ask('POST', at(id, '/queries/__enhanced_stack_trace'))).status).toBe(422);
    expect((await ask('POST', at(id, '/queries/odd'))).body).toMatchObject({ status: 404, code: 'QUERY_UNKNOWN' });
    expect((await ask('POST', at(id, '/cancel'), { reason: 'no more' })).status).toBe(202);
    expect(await ends(id)).toMatchObject({ status: 'cancelled', failure: { code: 'RUN_CANCELLED' } });
    expect((await ask('POST', at(id, '/cancel'))).status).toBe(202);
    expect((await ask('POST', at(id, '/steer'), { content: 'Hm.' })).body).toMatchObject({
      status: 409,
      code: 'RUN_ENDED',
    });

    const other = randomUUID();
    await start('asker', other);
    await waits(other, 'input');
    expect((await ask('POST', at(other, '/terminate'), undefined, { who: 'operator' })).status).toBe(403);
    expect((await ask('POST', at(other, '/terminate'), { reason: 'enough' })).status).toBe(204);
    expect(await ends(other)).toMatchObject({ status: 'terminated', failure: { code: 'RUN_TERMINATED' } });
  });

  it('are paused and go on, where the server can', async () => {
    const { ask } = world();
    const id = randomUUID();
    await start('asker', id);
    await waits(id, 'input');
    const paused = await ask('POST', at(id, '/pause'), { reason: 'lunch' });
    if (config.type === 'temporal' && paused.status === 501) return;
    expect(paused.status).toBe(204);
    expect((await ask('GET', at(id))).body.status).toBe('paused');
    expect((await ask('POST', at(id, '/replies'), { content: 'x' })).body).toMatchObject({
      status: 409,
      code: 'RUN_PAUSED',
    });
    expect((await ask('POST', at(id, '/resume'))).status).toBe(204);
    expect((await ask('POST', at(id, '/replies'), { content: 'x' })).status).toBe(204);
    await ends(id);
  });

  it('have a history, page by page', async () => {
    const { ask } = world();
    const id = randomUUID();
    await start('echo', id);
    await ends(id);
    const events: { eventId: string; eventType: string }[] = [];
    let cursor = '';
    do {
      const { status, body } = await ask('GET', at(id, `/history?limit=4${cursor}`));
      expect(status).toBe(200);
      events.push(...body.pages.flatMap((page: { events: typeof events }) => page.events));
      cursor = body.cursor === undefined ? '' : `&cursor=${body.cursor}`;
    } while (cursor !== '');
    expect(events.map(({ eventId }) => Number(eventId))).toEqual(events.map((_, index) => index + 1));
    expect(events.length).toBeGreaterThan(8);
    expect(events.at(-1)?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    expect((await ask('GET', at(id, '/history?cursor=x.9'))).status).toBe(422);
  });

  it('are looked into, with the ids of their tenant', async () => {
    const { ask } = world();
    const id = `into-${randomUUID()}`;
    await start('boss', id, 'acme');
    await waits(id, 'input', 'acme');
    const read = async (what: string) => await ask('GET', at(id, what), undefined, { who: 'acme' });
    const child = `${id}/s1.1.asker`;
    const tree = await read('/tree');
    expect(tree.body).toMatchObject({ run: { id }, children: [{ run: { id: child, agent: 'asker' }, children: [] }] });
    expect((await read('/tree?limit=1')).body).toMatchObject({ children: [], truncated: true });
    const steps = await read('/steps');
    expect(steps.body.steps).toMatchObject([
      { kind: 'model', status: 'completed', attempts: 1 },
      { kind: 'agent', name: 'asker', workflowId: child },
      { kind: 'wait', name: 'input', workflowId: child },
    ]);
    expect((await read('/metrics')).body).toMatchObject({ status: 'running', llmCallCount: 1, agentCallCount: 1 });
    expect((await read('/metrics?includeSubAgents=true')).body).toMatchObject({ llmCallCount: 2 });
    expect((await read('/messages')).body.messages[0]).toMatchObject({ role: 'user' });
    for (const { status, body } of [tree, steps, await read('/metrics')]) {
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain('acme~');
    }
    expect((await ask('POST', at(id, '/terminate'), undefined, { who: 'acme' })).status).toBe(204);
  });

  it('are those of one tenant', async () => {
    const { ask, perdure } = world();
    const id = `secret-${randomUUID()}`;
    await start('boss', id, 'acme');
    expect((await perdure.run(`acme~${id}`).describe()).status).toBe('running');
    const wait = await waits(id, 'input', 'acme');
    expect(wait.workflowId).toMatch(new RegExp(`^${id}/s1\\.1\\.asker$`));
    expect((await ask('GET', at(id), undefined, { who: 'beta' })).status).toBe(404);
    expect((await ask('GET', at(`acme~${id}`), undefined, { who: 'beta' })).status).toBe(404);
    const mine = async (who: 'acme' | 'beta') => (await ask('GET', '/api/runs', undefined, { who })).body.runs;
    await expect.poll(async () => (await mine('acme')).map(({ id: each }: { id: string }) => each)).toContain(id);
    expect(JSON.stringify(await mine('acme'))).not.toContain('acme~');
    expect(JSON.stringify(await mine('beta'))).not.toContain(id);
    const history = await ask('GET', at(id, '/history'), undefined, { who: 'acme' });
    expect(history.status).toBe(200);
    expect(JSON.stringify(history.body)).not.toContain('acme~');
    expect((await ask('GET', at(`${id}/s1.1.asker`), undefined, { who: 'acme' })).body).toMatchObject({
      agent: 'asker',
    });
    expect((await ask('POST', at(id, '/replies'), { content: '7' }, { who: 'beta' })).status).toBe(404);
    expect((await ask('POST', at(id, '/replies'), { content: '7' }, { who: 'acme' })).status).toBe(204);
    await ends(id, 'acme');
    const gone = await ask('POST', at(id, '/steer'), { content: 'x' }, { who: 'acme' });
    expect(gone.body).toMatchObject({ status: 409, detail: expect.stringContaining(`'${id}'`) as string });
  });
});
